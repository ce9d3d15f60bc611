/** Child processes: started, awaited, and ended with this process at the latest. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import nanoSpawn, { type Options, type Subprocess } from 'nano-spawn';

const alive = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Kills the child, if it still runs, in whatever way this process exits, except by a SIGKILL. */
function killAtExit(child: ChildProcess): void {
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  // Without a listener a failed spawn would be an uncaught exception.
  child.once('error', () => alive.delete(child));
}

/** Starts a child that ends with this process at the latest. Only a SIGKILL of this process escapes that. */
export function spawnChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, { windowsHide: true, ...options });
  killAtExit(child);
  return child;
}

export type RunOptions = Omit<Options, 'env'> & { readonly env?: NodeJS.ProcessEnv };

/**
 * Runs a command to its end and collects its output. Rejects with a SubprocessError unless it exits with 0.
 * The child inherits the environment, and ends with this process at the latest.
 */
export function run(
  command: string,
  args: readonly string[],
  { env = {}, ...options }: RunOptions = {},
): Subprocess {
  const subprocess = nanoSpawn(command, args, {
    killSignal: 'SIGKILL',
    env: env as Record<string, string>, // spawn leaves out what is undefined
    ...options,
  });
  subprocess.nodeChildProcess.then(killAtExit, () => undefined);
  return subprocess;
}

/** Returns the id of a started child; one that could not be started has none. */
export function getPid(child: ChildProcess): number {
  return child.pid as number;
}

/** Returns true once the child has ended, by itself or by a signal. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Returns how an ended child ended, for people. */
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
