/** Starts, awaits and ends child processes. All of them are killed when this process exits. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import nanoSpawn, { type Options, type Subprocess } from 'nano-spawn';

const alive = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Kills the child when this process exits. Does not work if a SIGKILL ends this process. */
function killAtExit(child: ChildProcess): void {
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  // Without this listener, a failed spawn would be an uncaught exception.
  child.once('error', () => alive.delete(child));
}

/** Starts a child that is killed when this process exits. Only a SIGKILL of this process leaves the child running. */
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
 * Runs a command to its end and collects its output. Rejects with a SubprocessError unless the exit code is 0. The
 * child inherits the environment, and is killed when this process exits.
 */
export function run(
  command: string,
  args: readonly string[],
  { env = {}, ...options }: RunOptions = {},
): Subprocess {
  const subprocess = nanoSpawn(command, args, {
    killSignal: 'SIGKILL',
    env: env as Record<string, string>, // spawn omits undefined values
    ...options,
  });
  subprocess.nodeChildProcess.then(killAtExit, () => undefined);
  return subprocess;
}

/** Returns the process id of a child. Must not be called for a child that failed to start, which has no id. */
export function getPid(child: ChildProcess): number {
  return child.pid as number;
}

/** Returns true if the child has ended or failed to start. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Returns the signal or the exit code of a child that has ended, as text. */
export function howEnded(child: ChildProcess): string {
  return child.signalCode ?? `code ${child.exitCode}`;
}

/** Resolves once the child has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

/**
 * Ends a child with `signal`, and with SIGKILL if the child still runs `grace` milliseconds later. Does nothing for a
 * child that has ended.
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
