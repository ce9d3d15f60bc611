import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Ends a child if this process is ended by a SIGKILL, which no handler can catch. A small shell reads from a pipe that
 * only this process holds open. When this process ends, the system closes the pipe, and the shell ends the child. If
 * the child ends first, the shell is killed.
 */
export function guard(child: ChildProcess): void {
  if (process.platform === 'win32') return;
  // The shell has its own session, so that a Ctrl-C in the terminal does not end the shell before the child.
  const shell = spawn('/bin/sh', ['-c', 'read _; kill "$1"', 'guard', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => {}); // if the shell cannot start, the child runs without a guard
  shell.unref();
  (shell.stdin as Socket | null)?.unref();
  child.once('exit', () => shell.kill('SIGKILL'));
}
