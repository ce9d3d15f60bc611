/** Child processes of the scripts: started, awaited, and never left behind. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a finished command left. `output` is stdout and stderr in the order they came. */
export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  output: string;
  timedOut: boolean;
}

/** How to run a command. `timeout` is in milliseconds; without it the command may take for ever. */
export interface RunOptions {
  env: NodeJS.ProcessEnv;
  input?: string;
  timeout?: number;
  onOutput?: (text: string) => void;
}

const alive = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/**
 * Starts a child that ends with this process, at the latest: whatever way it exits (an error, a
 * second Ctrl-C), children still running then are killed by their own id. Only a SIGKILL of this
 * process escapes that.
 */
export function spawnChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, { windowsHide: true, ...options });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  // Without a listener a failed spawn is an uncaught exception; `exited` and `run` tell it properly.
  child.once('error', () => alive.delete(child));
  return child;
}

/**
 * Runs a command to its end. A non-zero code is an answer, not an error; rejects when the command
 * cannot be started at all.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Finished> {
  const child = spawnChild(command, args, { env: options.env, stdio: 'pipe' });
  const read = collect(child, options.onOutput);
  // A command that ends without reading its input breaks the pipe; its exit code says the rest.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = child.kill('SIGKILL');
    },
    options.timeout ?? 2 ** 31 - 1,
  );
  try {
    const [code, signal] = await once(child, 'close');
    return { code, signal, timedOut, ...read() };
  } finally {
    clearTimeout(timer);
  }
}

function collect(child: ChildProcess, onOutput?: (text: string) => void) {
  let stdout = '';
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
    onOutput?.(text);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    onOutput?.(text);
  });
  return () => ({ stdout, output });
}

/** Only a child that could not be started has none. */
export function pidOf(child: ChildProcess): number {
  return child.pid as number;
}

/** Whether the child has ended, by itself or by a signal. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** How an ended child ended, for people. */
export function howEnded(child: ChildProcess): string {
  return child.signalCode ?? `code ${child.exitCode}`;
}

/** Resolves when the child has ended; at once if it has already. */
export async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

/**
 * Ends a child by its own id: with `signal`, and with SIGKILL if it is still there `grace`
 * milliseconds later. A child that has ended already is left alone.
 */
export async function endChild(
  child: ChildProcess,
  grace: number,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  if (hasEnded(child)) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), grace);
  child.kill(signal);
  await ended(child);
  clearTimeout(timer);
}
