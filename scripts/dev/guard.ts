import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Ends a child when this process is ended by a SIGKILL, which no handler sees: a small shell waits on a
 * pipe, which the system closes with this process, and then ends the child by its id. The shell ends
 * with the child.
 */
export function guard(child: ChildProcess): void {
  if (process.platform === 'win32') return;
  // In a session of its own: a Ctrl-C in the terminal must not take the guard before the guarded.
  const shell = spawn('/bin/sh', ['-c', 'read _; kill "$1"', 'guard', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => {}); // without a shell there is no guard, which harms nothing else
  shell.unref();
  (shell.stdin as Socket | null)?.unref();
  child.once('exit', () => shell.kill('SIGKILL'));
}
