import type { Caller } from '../../lib/caller.ts';
import type { Log } from '../../lib/log.ts';

/** Whoever runs a command: no user, and at no address that the database would know. */
export function operatorOf(command: string): Caller {
  const actor = `rescind ${command}`;
  return { ip: 'local', userAgent: actor, actor };
}

/** Says what went wrong on the side on standard error. Only the sentence: MongoDB's own messages quote the command. */
export const operatorLog: Log = {
  warn: (_fields, message) => tell(message),
  error: (_fields, message) => tell(message),
};

function tell(message: string): void {
  process.stderr.write(`${message}.\n`);
}
