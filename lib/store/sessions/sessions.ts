import type { Document } from 'mongodb';
import { malformedDocument, StoreUnavailable } from '../../errors.ts';
import { type BoundedCount, countUpTo } from '../mongo/bounded-count.ts';
import { MAX_SKEW } from '../mongo/clock-skew.ts';
import {
  type Collections,
  NAMES,
  type RefreshOutcome,
  type SessionDocument,
} from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { type AssertIntact, createAssertIntact } from '../mongo/intact.ts';
import { localReads, type StrictReader } from '../mongo/strict-reads.ts';
import { type RefreshInput, refreshUpdate } from './session-refresh.ts';

/** A session: one login, and all tokens that were issued for it. */
export interface Session {
  /** The claim `sid` of the session's tokens. */
  readonly id: string;
  readonly userId: string;
  /** The stamp on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** The time when the user last gave a password. */
  readonly authTime: Date;
  /** The time when the session expires, unless a refresh extends it. */
  readonly expiresAt: Date;
  /** The time when the session ends even if it is refreshed. */
  readonly endsAt: Date;
  readonly ip: string;
  readonly userAgent: string | undefined;
}

export interface StoredSession extends Session {
  readonly lastUsedAt: Date;
}

/** The outcome of a refresh, and the session after it. */
export interface Refreshed {
  readonly outcome: RefreshOutcome;
  /** The counter of the newest refresh token. */
  readonly counter: number;
  /** The user agent that requested the newest rotation, if it sent one. */
  readonly rotatedBy?: string | undefined;
  readonly session: StoredSession;
  /** The time of the refresh, by the database's clock. */
  readonly at: Date;
}

export type Sessions = ReturnType<typeof createSessions>;

/** The highest configurable limit of sessions per user. */
export const MOST_SESSIONS = 1_000;

/**
 * The most sessions of one list. It is far above MOST_SESSIONS, because a user has more after logins that broke off or
 * ran at the same time. Each later login ends what is listed above the user's limit, so the surplus cannot stay.
 */
export const MOST_LISTED = 2 * MOST_SESSIONS;

/**
 * Sorts lists by login time, because several logins can have the same stamp after a cutoff ahead of the clock. One
 * reply holds the whole list, so no cursor stays open.
 */
const LISTED = {
  sort: { auth_time: -1, _id: -1 },
  limit: MOST_LISTED,
  batchSize: MOST_LISTED + 1,
} as const;

/** Reads and writes `sessions`. Finds and lists strictly, and throws StoreNotReady if the collection was lost. */
export function createSessions(collections: Collections, strictReads: StrictReader = localReads) {
  const { sessions } = collections;
  const assertIntact = createAssertIntact(collections, 'sessions');
  const findOne = createFindOne(sessions, strictReads, assertIntact);

  return {
    /** Adds a session. Resolves once a majority has acknowledged the write. */
    async insert(session: Session): Promise<void> {
      await orUnavailable(sessions.insertOne(toDocument(session)));
    },

    /** Decides a refresh in one update, and waits for a majority. Returns undefined if the session does not exist. */
    refresh: createRefresh(sessions, findOne),

    /** Returns the session of any user, even if the session has ended. */
    find: (id: string): Promise<StoredSession | undefined> => findOne({ _id: id }),
    /** Returns the session if it belongs to this user. */
    findByUser: (userId: string, id: string): Promise<StoredSession | undefined> =>
      findOne({ _id: id, user_id: userId }),

    /**
     * Returns the newest MOST_LISTED sessions of the user, newest first. With `last`, the last one of such a list, returns
     * those that follow it. Leaves out sessions that are marked as ended, or that expired over 10 minutes ago. A returned
     * session may be revoked, which only `revoked_tokens` shows. Throws StoreNotReady if the list is empty because the
     * collection was lost.
     */
    async listByUser(userId: string, last?: StoredSession): Promise<StoredSession[]> {
      const filter = { user_id: userId, ...MAY_LIVE, ...(last && after(last)) };
      const found = await strictReads.read((readConcern) => {
        const options = { readConcern, maxTimeMS: MAX_TIME, ...LISTED };
        return orUnavailable(sessions.find(filter, options).toArray());
      });
      if (found.length === 0) await assertIntact();
      return found.map(toSession);
    },

    /** Counts the sessions with a stamp above this one. Leaves out sessions that expired or are marked as ended. */
    countAbove: (stamp: number): Promise<BoundedCount> =>
      countUpTo(sessions, { stamp: { $gt: new Date(stamp) }, ...NOT_OVER }),

    /** Marks sessions as revoked, so that lists skip them. */
    async markEnded(ids: readonly string[]): Promise<void> {
      const update = { $currentDate: { ended_at: true } } as const;
      await orUnavailable(sessions.updateMany({ _id: { $in: [...ids] } }, update));
    },
  };
}

/** Creates `refresh`. If the update finds no session but a strict read finds it, the update is repeated. */
function createRefresh(
  sessions: Collections['sessions'],
  findOne: ReturnType<typeof createFindOne>,
): (input: RefreshInput) => Promise<Refreshed | undefined> {
  async function update(input: RefreshInput): Promise<Refreshed | undefined> {
    const options = { returnDocument: 'after' } as const;
    const filter = { _id: input.sessionId };
    const after = await orUnavailable(
      sessions.findOneAndUpdate(filter, refreshUpdate(input), options),
    );
    return after === null ? undefined : toRefreshed(after);
  }

  return async function refresh(input) {
    const refreshed = await update(input);
    if (refreshed !== undefined) return refreshed;
    if ((await findOne({ _id: input.sessionId })) === undefined) return undefined;
    const again = await update(input);
    if (again === undefined)
      throw new StoreUnavailable('A read found the session, but the refresh did not');
    return again;
  };
}

function createFindOne(
  sessions: Collections['sessions'],
  strictReads: StrictReader,
  assertIntact: AssertIntact,
) {
  return async function findOne(
    filter: Partial<SessionDocument>,
  ): Promise<StoredSession | undefined> {
    const found = await strictReads.read((readConcern) =>
      orUnavailable(sessions.findOne(filter, { readConcern, maxTimeMS: MAX_TIME })),
    );
    if (found !== null) return toSession(found);
    await assertIntact();
    return undefined;
  };
}

/** The filter of sessions that are neither marked as ended nor expired, by the database's clock. */
const NOT_OVER = { ended_at: null, $expr: { $gt: ['$expires_at', '$$NOW'] } } as Document;

/**
 * The filter of sessions whose tokens may still be accepted. A server whose clock is slow accepts tokens up to 10
 * minutes after their expiry.
 */
const MAY_LIVE = {
  ended_at: null,
  $expr: { $gt: ['$expires_at', { $subtract: ['$$NOW', 2 * MAX_SKEW] }] },
} as Document;

/** Returns the filter of what follows a session in a list. `$not` lets malformed times pass, so that they are detected. */
function after({ id, authTime }: StoredSession): Document {
  return {
    auth_time: { $not: { $gt: authTime } },
    $nor: [{ auth_time: authTime, _id: { $gte: id } }],
  };
}

function toDocument(session: Session): SessionDocument {
  return {
    _id: session.id,
    user_id: session.userId,
    stamp: new Date(session.stamp),
    auth_time: session.authTime,
    expires_at: session.expiresAt,
    ends_at: session.endsAt,
    last_used_at: session.authTime,
    user_agent: session.userAgent ?? null,
    ip: session.ip,
    counter: 0,
  };
}

function toSession(document: SessionDocument): StoredSession {
  if (!DATES.every((name) => document[name] instanceof Date)) {
    throw malformedDocument(NAMES.sessions, document._id);
  }
  return {
    id: document._id,
    userId: document.user_id,
    stamp: document.stamp.getTime(),
    authTime: document.auth_time,
    expiresAt: document.expires_at,
    endsAt: document.ends_at,
    lastUsedAt: document.last_used_at,
    ip: document.ip,
    userAgent: document.user_agent ?? undefined,
  };
}

const DATES = ['stamp', 'auth_time', 'expires_at', 'ends_at', 'last_used_at'] as const;

function toRefreshed(document: SessionDocument): Refreshed {
  const { counter = 0, last_refresh: last, rotated_by } = document;
  if (!(last?.at instanceof Date)) throw malformedDocument(NAMES.sessions, document._id);
  const rotatedBy = rotated_by ?? undefined;
  return { outcome: last.outcome, at: last.at, counter, rotatedBy, session: toSession(document) };
}
