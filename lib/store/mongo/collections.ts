import {
  type Binary,
  type Collection,
  type Db,
  type Document,
  ReadPreference,
  type Timestamp,
} from 'mongodb';
import { DURABLE } from './database.ts';

/** One entry of `revoked_tokens`. Its `_id` must be created by `toId` in entry-ids.ts. */
export interface RevocationDocument {
  _id: Binary | string;
  kind: 'token' | 'session' | 'key' | 'client' | 'user' | 'deployment';
  revoked_at: Date;
  writes: number;
  /**
   * A number that equals `writes` after each write of a version that followers hear. Versions up to schema 3 raise
   * `writes` alone, which the validator of schema 4 refuses. Missing from entries that only such a version wrote.
   */
  fenced_writes?: number;
  user_id?: string;
  reason?: string;
  revoked_by?: string;
  /** The time from which the entry of a token or a session may be deleted. */
  expires_at?: Date;
  /** The cutoff of a user or the deployment. Every token with a stamp at or before this date is revoked. */
  revoked_before?: Date;
  /** The identity of this collection, stored in the sentinel. */
  epoch?: string;
}

export interface UserDocument {
  _id: string;
  email: string;
  company_id: string;
  name: string;
  roles: string[];
  password_hash: string;
  password_changed_at: Date;
  disabled_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

export interface SessionDocument {
  _id: string;
  user_id: string;
  stamp: Date;
  auth_time: Date;
  expires_at: Date;
  ends_at: Date;
  last_used_at: Date;
  user_agent: string | null;
  ip: string;
  /** The counter of the newest refresh token. The first refresh token has counter 0. */
  counter?: number;
  /** The time of the last outcome `rotated` or `recovered`, at which the grace started. */
  rotated_at?: Date;
  /** The user agent that requested the last rotation. */
  rotated_by?: string | null;
  /** The number of outcomes `retried` and `recovered` in the life of the session. */
  graces?: number;
  /** The highest counter of any refresh or access token that was presented. */
  seen_counter?: number;
  /** A number that equals `refreshes` only if every server that issued the newest tokens maintains `seen_counter`. */
  tracked_refreshes?: number;
  /** The time when a refresh token was first reused. Every later refresh is refused with the outcome `reused`. */
  reused_at?: Date;
  /** The outcome of the last refresh, and its time by the database's clock. The refresh itself writes both. */
  last_refresh?: { outcome: RefreshOutcome; at: Date };
  /** The number of refreshes. A refresh raises it, because an update without a change might not wait for a majority. */
  refreshes?: number;
  /** A hint that lets lists skip a revoked session. Only `revoked_tokens` decides whether the session is revoked. */
  ended_at?: Date;
}

/**
 * The outcome of a refresh. `rotated`: the newest token gets a successor. `repeated`: the newest token is issued again,
 * because it was presented within its grace. `retried`: the previous token gets its successor again, within the grace.
 * `recovered`: the previous token gets its successor again, after the grace, because the successor was never used.
 * `reused`: another token was presented, which counts as theft. `expired`: the session has ended.
 */
export type RefreshOutcome =
  | 'rotated'
  | 'repeated'
  | 'retried'
  | 'recovered'
  | 'reused'
  | 'expired';

export interface AuditDocument {
  at: Date;
  action: string;
  user_id: string | null;
  company_id: string | null;
  actor_id: string | null;
  ip: string;
  user_agent: string | null;
  request_id: string | null;
  details: Document;
}

export interface ClientDocument {
  _id: string;
  name: string;
  /** SHA-256 of the client's secret, in hexadecimal. */
  secret_hash: string;
  created_at: Date;
}

/** The number of events of one kind on a day. `_id` is `<yyyy-mm-dd>:<kind>`. */
export interface DailyCountDocument {
  _id: string;
  day: Date;
  n: number;
}

/** A server that remembers what it has read and follows the changes. Each registration has a new `_id`. */
export interface FollowerDocument {
  _id: string;
  /** Milliseconds after `began` for which the server may act on what it remembers. */
  lease: number;
  /** The cluster time of the last event that the server has applied; null until its first event. */
  position: Timestamp | null;
  /** The start of the newest renewal in milliseconds: since 1970, and by the monotonic clock of the server's process. */
  began: { wall: number; mono: number };
  renewals: number;
  host: string;
  version: string;
  renewed_at: Date;
}

/** The schema version of the database, and the epoch of its `revoked_tokens`. */
export interface SchemaDocument {
  _id: 'rescind';
  version: number;
  epoch: string;
}

/** The names of the collections. Every other part of the project takes them from here. */
export const NAMES = {
  revokedTokens: 'revoked_tokens',
  users: 'users',
  sessions: 'sessions',
  auditEvents: 'audit_events',
  loginLimits: 'login_limits',
  clients: 'clients',
  dailyCounts: 'daily_counts',
  followers: 'followers',
  schema: 'schema',
} as const;

/** The `_id` of the sentinel: the entry that identifies `revoked_tokens` and has the deployment's cutoff. */
export const SENTINEL = 'deployment';

export interface Collections {
  readonly revokedTokens: Collection<RevocationDocument>;
  readonly users: Collection<UserDocument>;
  readonly sessions: Collection<SessionDocument>;
  readonly auditEvents: Collection<AuditDocument>;
  readonly loginLimits: Collection;
  readonly clients: Collection<ClientDocument>;
  readonly dailyCounts: Collection<DailyCountDocument>;
  readonly followers: Collection<FollowerDocument>;
  readonly schema: Collection<SchemaDocument>;
}

/** The driver's default options for documents, set here because an application's client may have other options. */
export const PLAIN_VALUES = {
  raw: false,
  promoteValues: true,
  promoteLongs: true,
  promoteBuffers: false,
  useBigInt64: false,
  bsonRegExp: false,
  ignoreUndefined: false,
  serializeFunctions: false,
  fieldsAsRaw: {},
  enableUtf8Validation: true,
};

/** Opens the collections. Whatever the URI sets, reads go to the primary, and writes wait for a majority. */
export function openCollections(db: Db): Collections {
  const options = {
    readPreference: ReadPreference.primary,
    readConcern: { level: 'local' },
    writeConcern: DURABLE,
    ...PLAIN_VALUES,
  } as const;
  return {
    revokedTokens: db.collection<RevocationDocument>(NAMES.revokedTokens, options),
    users: db.collection<UserDocument>(NAMES.users, options),
    sessions: db.collection<SessionDocument>(NAMES.sessions, options),
    auditEvents: db.collection<AuditDocument>(NAMES.auditEvents, options),
    // With `w: 1` a failover may lose a few counts. With `DURABLE` each login would wait for three journal flushes.
    loginLimits: db.collection(NAMES.loginLimits, { ...options, writeConcern: { w: 1 } }),
    clients: db.collection<ClientDocument>(NAMES.clients, options),
    dailyCounts: db.collection<DailyCountDocument>(NAMES.dailyCounts, options),
    followers: db.collection<FollowerDocument>(NAMES.followers, options),
    schema: db.collection<SchemaDocument>(NAMES.schema, options),
  };
}
