import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { SECOND, withTimeout } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { getPid, hasEnded, howEnded, spawnChild } from '../../scripts/dev/processes.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { emptyFolder, SERVER, SERVER_ENV } from './processes.ts';
import type { Scope } from './scope.ts';

export interface ServerWithOutputs {
  readonly url: string;
  readonly pid: number;
  /** The server's code, or its signal, once it has ended. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly child: ChildProcess;
}

/** The ends of the child's standard output and standard error. */
export type Outputs = readonly [stdout: number | 'pipe', stderr: number | 'pipe'];

/** Starts the server with outputs of the test's own making, and waits until it answers. */
export async function startServerWithOutputs(
  t: Scope,
  env: Record<string, string>,
  outputs: Outputs,
  prefix: readonly string[] = [],
): Promise<ServerWithOutputs> {
  const port = await freePort(); // The log that tells the port may lead nowhere.
  const [command = process.execPath, ...args] = [...prefix, process.execPath, SERVER];
  const own = { PATH: process.env['PATH'], PORT: String(port), JWT_SECRET_KEY: generateSecret() };
  const child = spawnChild(command, args, {
    cwd: emptyFolder(t),
    stdio: ['ignore', ...outputs],
    env: { ...SERVER_ENV, ...own, ...env },
  });
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  const isAlive = async () => (await withTimeout(SECOND, fetch(`${url}/livez`), noAnswer)).ok;
  await waitFor('A server that answers', isAlive, { signal: gone.signal }).catch((cause) => {
    throw hasEnded(child) ? new Error(`The server ended: ${howEnded(child)}`) : cause;
  });
  return { url, pid: getPid(child), ended, child };
}

const noAnswer = () => new Error('No answer');

/** Opens a file for writing at its end, as a descriptor for a child. */
export function opened(path: string): number {
  return openSync(path, 'a');
}
