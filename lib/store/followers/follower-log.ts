import type { Log } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { FollowerEvent, OnFollower, SilentServer } from './events.ts';

/** The number of followers above which each renewal wakes so many feeds that it shows in the load of the database. */
const MANY = 30;

/** The most registrations of silent servers that are kept, so that a log of years does not fill the memory. */
const MOST_NAMED = 1_000;

type Loggers = {
  readonly [Type in FollowerEvent['type']]?: (event: FollowerEvent & { type: Type }) => void;
};

/**
 * Logs what an operator has to know of a follower: once for each reason why it does not follow, and when the lease lapses
 * and is back. Nothing of it makes a response wrong: without a lease every check reads the database, which costs load. Each
 * server that a revocation waited for in vain is named once.
 */
export function createFollowerLog(log: Log): OnFollower {
  let lastReason: string | undefined;
  let hasWarned = false;
  let isTroubled = false; // since a warning that the end of the trouble has to follow
  const isUnnamed = createUnnamed();

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
      log.warn({ seconds: toSeconds(lapsedFor) }, HOLDS);
    },
    settled({ duration, silent }) {
      if (isUnnamed(silent)) log.warn({ seconds: toSeconds(duration), silent }, SILENT);
    },
    unsettled({ duration, silent }) {
      if (isUnnamed(silent)) log.warn({ seconds: toSeconds(duration), silent }, UNSETTLED);
    },
  };
  return (event) => (loggers[event.type] as OnFollower | undefined)?.(event);
}

/** Creates the check that a server is among these that no line has named. They count as named from then on. */
function createUnnamed(): (silent: readonly SilentServer[]) => boolean {
  const named = new Set<string>();
  return (silent) => {
    const unnamed = silent.filter(({ id }) => !named.has(id));
    if (named.size > MOST_NAMED) named.clear();
    for (const { id } of unnamed) named.add(id);
    return unnamed.length > 0;
  };
}

/** Returns seconds with one decimal. */
function toSeconds(milliseconds: number): number {
  return Math.round((10 * milliseconds) / SECOND) / 10;
}

/** Returns an error with a message in any case, since a line without a cause leaves nothing to look for. */
function toError(cause: unknown): unknown {
  return typeof cause === 'string' || cause === undefined ? new Error(cause ?? UNKNOWN) : cause;
}

const NOT_FOLLOWING = 'This server does not follow, so every check reads the database';
const LAPSED = 'The lease lapsed, so every check reads the database until it holds again';
const HOLDS = 'The lease holds again, so known tokens are checked without a read';
const UNKNOWN = 'No renewal came back in time, and no command failed';
const SILENT =
  'A revocation waited for servers that did not confirm it. Their leases have ended, so they can accept nothing that it revoked. If one of them was not stopped, look at its log';
const UNSETTLED =
  'A revocation failed, because servers did not confirm it before the deadline, and their leases may still hold. If one of them was not stopped, look at its log, and give every server the same deadline';
const TOO_MANY = `More than ${MANY} servers follow. Each renewal wakes all of them: make the lease longer`;
