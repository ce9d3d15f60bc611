import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { SECOND, within } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { emptyFolder, SERVER } from './processes.ts';
import type { Scope } from './scope.ts';

export interface ServerWithOutputs {
  readonly url: string;
  readonly pid: number;
  /** The server's code, or its signal, once it has ended. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly child: ChildProcess;
}

/** Where the child's standard output and standard error lead. */
export type Outputs = readonly [stdout: number | 'pipe', stderr: number | 'pipe'];

/** Starts the server with outputs of the test's own making, and waits until it answers. */
export async function startServerWithOutputs(
  t: Scope,
  env: Record<string, string>,
  outputs: Outputs,
  prefix: readonly string[] = [],
): Promise<ServerWithOutputs> {
  const port = await freePort();
  const [command = process.execPath, ...args] = [...prefix, process.execPath, SERVER];
  const child = spawn(command, args, {
    cwd: emptyFolder(t),
    stdio: ['ignore', ...outputs],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: String(port),
      JWT_SECRET_KEY: generateSecret(),
      BCRYPT_COST: '10',
      SHUTDOWN_DELAY: '0s',
      ...env,
    },
  });
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child);
  return { url, pid: child.pid ?? Number.NaN, ended, child };
}

const PATIENCE = 20 * SECOND;

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + PATIENCE;
  while (child.exitCode === null && child.signalCode === null) {
    if (performance.now() > until) throw new Error('The server does not answer');
    const asked = within(SECOND, fetch(`${url}/livez`), () => new Error('No answer'));
    const isThere = await asked.then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The server ended: ${child.exitCode ?? child.signalCode}`);
}

/** Opens a file for writing at its end, as a descriptor for a child. */
export function opened(path: string): number {
  return openSync(path, 'a');
}
