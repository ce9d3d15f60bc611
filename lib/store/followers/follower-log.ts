import type { Log } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { FollowerEvent, OnFollower } from './events.ts';

/** The number of followers above which each renewal wakes so many feeds that it shows in the load of the database. */
const MANY = 30;

type Loggers = {
  readonly [Type in FollowerEvent['type']]?: (event: FollowerEvent & { type: Type }) => void;
};

/** Logs what an operator has to know of a follower: why it does not follow, and when its lease lapses and is back. */
export function createFollowerLog(log: Log): OnFollower {
  let lastReason: string | undefined;
  let hasWarned = false;
  let hasHeld = false;

  const loggers: Loggers = {
    hindered({ reason }) {
      if (reason !== lastReason) log.warn({}, `${NOT_FOLLOWING}. ${reason}`);
      lastReason = reason;
    },
    registered({ followers }) {
      lastReason = undefined;
      if (followers > MANY && !hasWarned) log.warn({ followers }, TOO_MANY);
      hasWarned ||= followers > MANY;
    },
    lapsed({ cause }) {
      log.warn({ err: cause }, 'The lease lapsed; every check reads the database');
    },
    held({ lapsedFor }) {
      const seconds = Math.round(lapsedFor / SECOND);
      if (hasHeld) log.warn({ seconds }, 'The lease holds again');
      hasHeld = true;
    },
  };
  return (event) => (loggers[event.type] as OnFollower | undefined)?.(event);
}

const NOT_FOLLOWING = 'This server does not follow, so every check reads the database';
const TOO_MANY = `More than ${MANY} servers follow. Each renewal wakes all of them: make the lease longer`;
