import { type Binary, type Collection, type Db, type Document, ReadPreference } from 'mongodb';
import { DURABLE } from './database.ts';

/** One entry of the list of what is revoked. Its `_id` is made in revocations.ts, nowhere else. */
export interface RevocationDocument {
  _id: Binary | string;
  kind: 'token' | 'session' | 'key' | 'client' | 'user' | 'deployment';
  revoked_at: Date;
  writes: number;
  user_id?: string;
  reason?: string;
  revoked_by?: string;
  /** Tokens and sessions: when the entry may be deleted. */
  expires_at?: Date;
  /** Users and the deployment: every token whose stamp is at or before this is revoked. */
  revoked_before?: Date;
  /** The deployment: which collection this is. */
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
  /** Of the newest refresh token; the first one has 0. */
  counter?: number;
  /** When the newest refresh token was issued; moved where it is given again after the grace, which begins anew. */
  rotated_at?: Date;
  /** The user agent that asked for the last rotation. */
  rotated_by?: string | null;
  /** How often a rotation was asked for again, over the whole life of the session. */
  graces?: number;
  /** The highest counter of a token, refresh or access, that was presented by somebody. */
  seen_counter?: number;
  /** `refreshes` after the last update by a server that keeps `seen_counter`, unless one that does not came before it. */
  tracked_refreshes?: number;
  /** When a refresh token came back that had been exchanged long before. */
  reused_at?: Date;
  /** What the last refresh came to, by the database's clock; written by the very update that decided it. */
  last_refresh?: { outcome: RefreshOutcome; at: Date };
  /** Counted up by each refresh, so that each is a write whose majority can be waited for. */
  refreshes?: number;
  /** A hint for lists, written after the session was revoked. What counts is in `revoked_tokens`. */
  ended_at?: Date;
}

/**
 * Outcome of presenting a refresh token. `repeated`: the newest one, too soon; `retried`: the one before, within
 * the grace; `recovered`: the one before, after the grace, while its successor was never seen.
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

/** A service that may ask `/oauth`. */
export interface ClientDocument {
  _id: string;
  name: string;
  /** SHA-256 of its secret, in hexadecimal. */
  secret_hash: string;
  created_at: Date;
}

/** How often something happened on a day: `_id` is `<yyyy-mm-dd>:<what>`. */
export interface DailyCountDocument {
  _id: string;
  day: Date;
  n: number;
}

/** Which shape the database has, and which `revoked_tokens` belongs to it. */
export interface SchemaDocument {
  _id: 'rescind';
  version: number;
  epoch: string;
}

export interface Collections {
  readonly revokedTokens: Collection<RevocationDocument>;
  readonly users: Collection<UserDocument>;
  readonly sessions: Collection<SessionDocument>;
  readonly auditEvents: Collection<AuditDocument>;
  readonly loginLimits: Collection;
  readonly clients: Collection<ClientDocument>;
  readonly dailyCounts: Collection<DailyCountDocument>;
  readonly schema: Collection<SchemaDocument>;
}

/** The driver's own defaults for what documents become: the options of a client may be those of its owner. */
const PLAIN_VALUES = {
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

/** Opens the collections so that reads go to the primary and writes wait for a majority, whatever the URI says. */
export function openCollections(db: Db): Collections {
  const options = {
    readPreference: ReadPreference.primary,
    readConcern: { level: 'local' },
    writeConcern: DURABLE,
    ...PLAIN_VALUES,
  } as const;
  return {
    revokedTokens: db.collection<RevocationDocument>('revoked_tokens', options),
    users: db.collection<UserDocument>('users', options),
    sessions: db.collection<SessionDocument>('sessions', options),
    auditEvents: db.collection<AuditDocument>('audit_events', options),
    // A failover may forget a few failures; three journal flushes a login would cost more.
    loginLimits: db.collection('login_limits', { ...options, writeConcern: { w: 1 } }),
    clients: db.collection<ClientDocument>('clients', options),
    dailyCounts: db.collection<DailyCountDocument>('daily_counts', options),
    schema: db.collection<SchemaDocument>('schema', options),
  };
}
