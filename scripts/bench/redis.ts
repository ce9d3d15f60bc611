import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY, toSeconds } from '../../lib/time.ts';
import { guard } from '../dev/guard.ts';
import { freePort } from '../dev/mongod/free-port.ts';
import { onPath } from '../dev/mongod/on-path.ts';
import { endChild, hasEnded, howEnded, run, spawnChild } from '../dev/processes.ts';
import { cutoff, usersWithCutoff } from './population.ts';
import { USUAL_ENTRIES } from './rows.ts';
import type { MintedToken } from './tokens.ts';

export interface Redis {
  readonly url: string;
  /** For example `7.0.15`. */
  readonly version: string;
  /** Writes the keys that the peers look for: as many revoked tokens as rescind's list has. */
  fill(revoked: readonly MintedToken[]): Promise<void>;
  stop(): Promise<void>;
}

/** What to do where there is none. */
export const REDIS_MISSING =
  'needs redis-server: apt-get install redis-server (or brew install redis)';

const START_LIMIT = 10_000;
const STOP_GRACE = 5_000;

/** Starts a Redis that keeps nothing on disk; undefined where redis-server is not on PATH. */
export async function startRedis(): Promise<Redis | undefined> {
  const binary = await onPath('redis-server', process.env);
  if (binary === undefined) return undefined;
  const { stdout } = await run(binary, ['--version']);
  const port = await freePort();
  const address = ['--port', String(port), '--bind', '127.0.0.1'];
  const child = spawnChild(binary, [...address, '--save', '', '--appendonly', 'no'], {
    detached: true,
    stdio: 'ignore',
  });
  guard(child);
  const stop = () => endChild(child, STOP_GRACE);
  const deadline = performance.now() + START_LIMIT;
  while (!(await answers(port))) {
    if (hasEnded(child)) throw new Error(`${binary} did not start (${howEnded(child)})`);
    if (performance.now() > deadline) throw new Error(`${binary} does not answer`);
    await sleep(50);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    version: /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown',
    fill: (revoked) => send(port, keysOf(revoked)),
    stop,
  };
}

async function answers(port: number): Promise<boolean> {
  return send(port, []).then(
    () => true,
    () => false,
  );
}

function keysOf(revoked: readonly MintedToken[]): readonly string[] {
  const foreign = Array.from({ length: USUAL_ENTRIES }, () => randomUUID());
  const tokens = [...foreign, ...revoked.map(({ jti }) => jti)];
  const before = toSeconds(cutoff().getTime());
  return [
    ...tokens.map((jti) => `SET revoked:${jti} 1 EX ${toSeconds(DAY)}`),
    ...usersWithCutoff().map((id) => `SET revoked_before:${id} ${before}`),
  ];
}

/** Sends commands, and waits for the answer to all of them. */
async function send(port: number, commands: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  try {
    await once(socket, 'connect');
    socket.write([...commands, 'PING', ''].join('\r\n'));
    for await (const text of socket) {
      if (/^-/m.test(text)) throw new Error(`Redis refused: ${text.slice(0, 80)}`);
      if (text.endsWith('+PONG\r\n')) return;
    }
    throw new Error('Redis closed the connection');
  } finally {
    socket.destroy();
  }
}
