import type { Caller } from '../../lib/caller.ts';
import type { Log } from '../../lib/log.ts';

/** Creates the caller of a command, without a user and without an IP address. */
export function cliCaller(command: string): Caller {
  const actor = `rescind ${command}`;
  return { ip: 'local', userAgent: actor, actor };
}

/** Logs messages to standard error without their fields, in which MongoDB errors may quote the command. */
export const cliLog: Log = {
  warn: (_fields, message) => print(message),
  error: (_fields, message) => print(message),
};

function print(message: string): void {
  process.stderr.write(`${message}.\n`);
}
