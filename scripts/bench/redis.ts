import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { DAY, toSeconds } from '../../lib/time.ts';
import { freePort } from '../dev/mongod/free-port.ts';
import { onPath } from '../dev/mongod/on-path.ts';
import { run } from '../dev/processes.ts';
import type { Report } from '../dev/progress.ts';
import { waitFor } from '../dev/wait-for.ts';
import { startProcess } from './processes.ts';
import { USUAL_ENTRIES } from './rows.ts';
import { cutoff, usersWithCutoff } from './tokens.ts';

/** The reason for skipping a row that needs Redis. */
export const REDIS_MISSING =
  'needs redis-server: apt-get install redis-server (or brew install redis)';

const START_LIMIT = 10_000;

/** Starts a Redis that keeps nothing on disk and runs commands; undefined without redis-server on PATH. */
export async function openRedis(commands: readonly string[], report: Report) {
  const binary = await onPath('redis-server', process.env);
  if (binary === undefined) return undefined;
  const { stdout } = await run(binary, ['--version']);
  const port = `${await freePort()}`;
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const { stop } = startProcess(binary, args, { stdio: 'ignore' });
  await waitFor('Redis', () => send(port, ['PING']), { timeout: START_LIMIT });
  const title = `Filling Redis with ${commands.length.toLocaleString('en')} keys`;
  await report.step(title, () => send(port, commands));
  const version = /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown';
  return { url: `redis://127.0.0.1:${port}`, version, stop };
}

/** Runs commands and waits for the answer to all of them. */
function send(port: string, commands: readonly string[]) {
  const stdin = { string: `${commands.join('\r\n')}\r\n` };
  return run('redis-cli', ['-p', port, '--pipe'], { stdin });
}

/** Returns the commands for the keys of the peers: as many revoked tokens as rescind has entries. */
export function listCommands(revoked: readonly string[]): readonly string[] {
  const others = Array.from({ length: USUAL_ENTRIES }, () => randomUUID());
  const tokens = [...others, ...revoked.map((token) => decodeJwt(token).jti)];
  const before = toSeconds(cutoff().getTime());
  return [
    ...tokens.map((jti) => `SET revoked:${jti} 1 EX ${toSeconds(DAY)}`),
    ...usersWithCutoff().map((id) => `SET revoked_before:${id} ${before}`),
  ];
}
