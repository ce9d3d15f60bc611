import type { Document } from 'mongodb';
import { StoreUnavailable, unsound } from '../errors.ts';
import { type BoundedCount, countUpTo } from './bounded-count.ts';
import { MAX_SKEW } from './clock-skew.ts';
import type { Collections, RefreshOutcome, SessionDocument } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { type AssertKept, createAssertKept } from './kept.ts';
import { type ProvenReads, unproven } from './primary-proof.ts';
import { type RefreshInput, refreshUpdate } from './session-refresh.ts';

/** One login: what its tokens have in common. */
export interface Session {
  /** The `sid` of its tokens. */
  readonly id: string;
  readonly userId: string;
  /** Its place on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** When the user last gave a password. */
  readonly authTime: Date;
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: Date;
  /** When it ends in any case. */
  readonly endsAt: Date;
  readonly ip: string;
  readonly userAgent: string | undefined;
}

/** A session as it is kept. */
export interface StoredSession extends Session {
  readonly lastUsedAt: Date;
}

/** What a refresh token came to, and the session after that. */
export interface Refreshed {
  readonly outcome: RefreshOutcome;
  /** Of the newest refresh token. */
  readonly counter: number;
  /** The user agent that asked for the newest rotation, where it sent one. */
  readonly rotatedBy?: string | undefined;
  readonly session: StoredSession;
  /** By the database's clock. */
  readonly at: Date;
}

export interface Sessions {
  /** Answers once a majority has the session. */
  insert(session: Session): Promise<void>;
  /** Decides about a refresh token, in one update that a majority has; undefined where the session is gone. */
  refresh(input: RefreshInput): Promise<Refreshed | undefined>;
  /** The session, whosever it is, ended or not. */
  find(id: string): Promise<StoredSession | undefined>;
  /** The session, if it is this user's. */
  findOf(userId: string, id: string): Promise<StoredSession | undefined>;
  /**
   * The user's sessions that have not expired for 10 minutes and are not marked as ended, the newest first, at most
   * 1,001. Some of them may be revoked: that is for `revoked_tokens` to say. StoreNotReady where there are none
   * because the collection was lost.
   */
  listOf(userId: string): Promise<StoredSession[]>;
  /** Counts the sessions of all users that are neither expired nor marked as ended and that have a stamp above this one, in milliseconds. */
  countAbove(stamp: number): Promise<BoundedCount>;
  /** Notes that these were revoked, so that lists need not ask for them again. */
  markEnded(ids: readonly string[]): Promise<void>;
}

/** The highest limit that a user's sessions can be given. */
export const MOST_SESSIONS = 1_000;

/**
 * By the time of the login, not by the stamp: after a cutoff ahead of the clock all stamps are alike. All
 * in one reply: no cursor is left to be read on. One more than there may be, so that the surplus is seen.
 */
const LISTED = {
  sort: { auth_time: -1, _id: -1 },
  limit: MOST_SESSIONS + 1,
  batchSize: MOST_SESSIONS + 2,
} as const;

/** Reads the `sessions` collection, strictly, and writes it. A session is absent only where the collection is kept. */
export function createSessions(
  collections: Collections,
  primary: ProvenReads = unproven,
): Sessions {
  const { sessions } = collections;
  const assertKept = createAssertKept(collections, 'sessions');

  const findOne = createFindOne(sessions, primary, assertKept);

  return {
    async insert(session) {
      await orUnavailable(sessions.insertOne(toDocument(session)));
    },

    refresh: createRefresh(sessions, findOne),

    find: (id) => findOne({ _id: id }),
    findOf: (userId, id) => findOne({ _id: id, user_id: userId }),

    async listOf(userId) {
      const filter = { user_id: userId, ...MAY_LIVE };
      const found = await primary.read((readConcern) => {
        const options = { readConcern, maxTimeMS: MAX_TIME, ...LISTED };
        return orUnavailable(sessions.find(filter, options).toArray());
      }, 'strict');
      if (found.length === 0) await assertKept();
      return found.map(toSession);
    },

    countAbove: (stamp) => countUpTo(sessions, { stamp: { $gt: new Date(stamp) }, ...NOT_OVER }),

    async markEnded(ids) {
      const update = { $currentDate: { ended_at: true } } as const;
      await orUnavailable(sessions.updateMany({ _id: { $in: [...ids] } }, update));
    },
  };
}

/** An update that finds nothing proves nothing: a strict read has to miss the session too. */
function createRefresh(
  sessions: Collections['sessions'],
  findOne: ReturnType<typeof createFindOne>,
): Sessions['refresh'] {
  async function once(input: RefreshInput): Promise<Refreshed | undefined> {
    const options = { returnDocument: 'after' } as const;
    const filter = { _id: input.sessionId };
    const after = await orUnavailable(
      sessions.findOneAndUpdate(filter, refreshUpdate(input), options),
    );
    return after === null ? undefined : toRefreshed(after);
  }

  return async function refresh(input) {
    const refreshed = await once(input);
    if (refreshed !== undefined) return refreshed;
    if ((await findOne({ _id: input.sessionId })) === undefined) return undefined;
    const again = await once(input);
    if (again === undefined) throw new StoreUnavailable('The session is seen by one read alone');
    return again;
  };
}

function createFindOne(
  sessions: Collections['sessions'],
  primary: ProvenReads,
  assertKept: AssertKept,
) {
  return async function findOne(
    filter: Partial<SessionDocument>,
  ): Promise<StoredSession | undefined> {
    const found = await primary.read(
      (readConcern) =>
        orUnavailable(sessions.findOne(filter, { readConcern, maxTimeMS: MAX_TIME })),
      'strict',
    );
    if (found !== null) return toSession(found);
    await assertKept();
    return undefined;
  };
}

/** Neither marked as ended nor expired, by the database's clock. */
const NOT_OVER = { ended_at: null, $expr: { $gt: ['$expires_at', '$$NOW'] } } as Document;

/** A server whose clock is behind the database's accepts tokens of a session that has just expired. */
const MAY_LIVE = {
  ended_at: null,
  $expr: { $gt: ['$expires_at', { $subtract: ['$$NOW', 2 * MAX_SKEW] }] },
} as Document;

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
    throw unsound('sessions', document._id);
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
  if (!(last?.at instanceof Date)) throw unsound('sessions', document._id);
  const rotatedBy = rotated_by ?? undefined;
  return { outcome: last.outcome, at: last.at, counter, rotatedBy, session: toSession(document) };
}
