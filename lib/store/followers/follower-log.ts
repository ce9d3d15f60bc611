import type { Log } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { FollowerEvent, OnFollower } from './events.ts';

/** The number of followers above which each renewal wakes so many feeds that it shows in the load of the database. */
const MANY = 30;

type Loggers = {
  readonly [Type in FollowerEvent['type']]?: (event: FollowerEvent & { type: Type }) => void;
};

/**
 * Logs what an operator has to know of a follower: once for each reason why it does not follow, and when the lease lapses
 * and is back. Nothing of it makes a response wrong: without a lease every check reads the database, which costs load.
 */
export function createFollowerLog(log: Log): OnFollower {
  let lastReason: string | undefined;
  let hasWarned = false;
  let isTroubled = false; // since a warning that the end of the trouble has to follow

  const loggers: Loggers = {
    hindered({ reason, remedy }) {
      if (reason === lastReason) return; // it is tried again once per lease
      lastReason = reason;
      isTroubled = true;
      log.warn(remedy === undefined ? {} : { remedy }, `${NOT_FOLLOWING}. ${reason}`);
    },
    registered({ followers }) {
      lastReason = undefined;
      if (followers > MANY && !hasWarned) log.warn({ followers }, TOO_MANY);
      hasWarned ||= followers > MANY;
    },
    lapsed({ cause }) {
      isTroubled = true;
      log.warn({ err: toError(cause) }, LAPSED);
    },
    held({ lapsedFor }) {
      if (!isTroubled) return;
      isTroubled = false;
      log.warn({ seconds: Math.round((10 * lapsedFor) / SECOND) / 10 }, HOLDS);
    },
  };
  return (event) => (loggers[event.type] as OnFollower | undefined)?.(event);
}

/** Returns an error with a message in any case, since a line without a cause leaves nothing to look for. */
function toError(cause: unknown): unknown {
  return typeof cause === 'string' || cause === undefined ? new Error(cause ?? UNKNOWN) : cause;
}

const NOT_FOLLOWING = 'This server does not follow, so every check reads the database';
const LAPSED = 'The lease lapsed, so every check reads the database until it holds again';
const HOLDS = 'The lease holds again, so known tokens are checked without a read';
const UNKNOWN = 'No renewal came back in time, and no command failed';
const TOO_MANY = `More than ${MANY} servers follow. Each renewal wakes all of them: make the lease longer`;
