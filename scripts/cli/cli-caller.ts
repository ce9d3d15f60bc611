import type { Caller } from '../../lib/caller.ts';
import type { Log } from '../../lib/log.ts';

/** Creates the caller that a command passes to use cases. The actor of this caller is the command, not a user. */
export function cliCaller(command: string): Caller {
  const actor = `rescind ${command}`;
  return { ip: 'local', userAgent: actor, actor };
}

/** Logs messages to standard error without their fields, because a MongoDB error in a field may contain user data. */
export const cliLog: Log = {
  warn: (_fields, message) => print(message),
  error: (_fields, message) => print(message),
};

function print(message: string): void {
  process.stderr.write(`${message}.\n`);
}
