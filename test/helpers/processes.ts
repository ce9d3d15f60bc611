import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MINUTE } from '../../lib/time.ts';
import { spawnChild } from '../../scripts/dev/processes.ts';
import type { Scope } from './scope.ts';

/** The compiled bin `rescind`, and the compiled server. */
export const CLI = compiled('scripts/cli.js');
export const SERVER = compiled('server/main.js');

/** The settings of a server that a test starts: a free port, cheap passwords, a quick stop, nothing remembered. */
export const SERVER_ENV = {
  HOST: '127.0.0.1',
  PORT: '0',
  BCRYPT_COST: '10',
  SHUTDOWN_DELAY: '0s',
  FOLLOW: 'off',
} as const;

export interface ProcessOptions {
  /** All of the child's environment: it inherits nothing. */
  readonly env?: Record<string, string>;
  /** Default: an empty folder of its own, so that no `.env` is read. */
  readonly cwd?: string;
  /** The text on the child's standard input. Default none. */
  readonly input?: string;
  /** Sends signals to all that the child starts as well, as a Ctrl-C in a terminal does. Default false. */
  readonly group?: boolean;
}

/** The end of a process, and all it printed. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `rescind <args>` to its end. */
export function rescind(t: Scope, args: readonly string[], options?: ProcessOptions) {
  return run(t, process.execPath, [CLI, ...args], options);
}

/** Runs a program to its end; one that takes over three minutes is killed. */
export async function run(
  t: Scope,
  command: string,
  args: readonly string[],
  options?: ProcessOptions,
): Promise<Finished> {
  const { finished, kill } = start(t, command, args, options);
  const timer = setTimeout(() => kill('SIGKILL'), 3 * MINUTE);
  return finished.finally(() => clearTimeout(timer));
}

/** Starts a program; one that still runs when the test ends is killed by its own id, or its group's. */
export function start(
  t: Scope,
  command: string,
  args: readonly string[],
  { env = {}, cwd = emptyFolder(t), input = '', group = false }: ProcessOptions = {},
) {
  const child = spawnChild(command, args, { cwd, env, stdio: 'pipe', detached: group });
  child.stdin?.on('error', () => undefined).end(input); // It may end without reading its input.
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      child.emit('output');
    });
  }
  const finished = once(child, 'close').then(
    ([code, signal]): Finished => ({ code, signal, ...output }),
  );
  finished.catch(() => undefined); // A failed start is seen by those who wait for it.
  /** Sends a signal to this process, and to its group where it has one of its own. */
  const kill = (signal: NodeJS.Signals) => sendSignal(child, group, signal);
  t.teardown(async () => {
    kill('SIGKILL');
    await finished;
  });
  const { pid = Number.NaN } = child;
  return { pid, finished, seen, kill };

  /** Waits for text on either output; rejects with all of it when the process ends without it. */
  async function seen(pattern: RegExp): Promise<RegExpExecArray> {
    for (let hasEnded = false; ; ) {
      const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
      if (match !== null) return match;
      if (hasEnded)
        throw new Error(`The process ended without ${pattern}:\n${output.stdout}${output.stderr}`);
      const end = finished.then(() => true);
      hasEnded = await Promise.race([once(child, 'output').then(() => false), end]);
    }
  }
}

function sendSignal(child: ChildProcess, group: boolean, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    // A group is there for as long as anything is left in it.
    if (group) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Makes an empty folder, removed when the test ends. */
export function emptyFolder(t: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'rescind-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function compiled(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Starts the server as a process of its own, on a free port, and waits until it listens. */
export async function startServerProcess(
  t: Scope,
  env: Record<string, string>,
  options: Pick<ProcessOptions, 'cwd'> = {},
) {
  const all = { ...SERVER_ENV, ...env };
  const server = start(t, process.execPath, [SERVER], { ...options, env: all });
  const [, url = ''] = await server.seen(/"url":"(http:[^"]+)","msg":"listening"/);
  return { ...server, url };
}
