import {
  type Binary,
  type Collection,
  type CreateIndexesOptions,
  type Db,
  type Document,
  type IndexSpecification,
  ReadPreference,
} from 'mongodb';
import { DAY, toSeconds } from '../time.ts';
import { DURABLE } from './database.ts';

/** One entry of the list of what is revoked. Its `_id` is made in revocations.ts, nowhere else. */
export interface RevocationDocument {
  _id: Binary | string;
  kind: 'token' | 'session' | 'user' | 'deployment';
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
}

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
  readonly schema: Collection<SchemaDocument>;
}

/** Opens the collections so that reads go to the primary and writes wait for a majority, whatever the URI says. */
export function openCollections(db: Db): Collections {
  const options = {
    readPreference: ReadPreference.primary,
    readConcern: { level: 'local' },
    writeConcern: DURABLE,
  } as const;
  return {
    revokedTokens: db.collection<RevocationDocument>('revoked_tokens', options),
    users: db.collection<UserDocument>('users', options),
    sessions: db.collection<SessionDocument>('sessions', options),
    auditEvents: db.collection<AuditDocument>('audit_events', options),
    // A failover may forget a few failures; three journal flushes a login would cost more.
    loginLimits: db.collection('login_limits', { ...options, writeConcern: { w: 1 } }),
    schema: db.collection<SchemaDocument>('schema', options),
  };
}

export interface IndexSpec {
  readonly key: IndexSpecification & Record<string, 1 | -1>;
  readonly options: Pick<CreateIndexesOptions, 'unique' | 'expireAfterSeconds'>;
}

export interface CollectionSpec {
  readonly name: string;
  readonly validator: Document;
  readonly indexes: readonly IndexSpec[];
}

/** Raised when validators or indexes change, so that a server can tell a database that is not ready for it. */
export const SCHEMA_VERSION = 1;

/** What `migrate` makes the database look like. */
export function collectionSpecs(auditRetention: number): readonly CollectionSpec[] {
  return [
    {
      name: 'revoked_tokens',
      validator: { $jsonSchema: { oneOf: revocationShapes() } },
      indexes: [expiry('expires_at', 0)],
    },
    {
      name: 'users',
      validator: shape({
        _id: string,
        email: string,
        company_id: string,
        name: string,
        roles: { bsonType: 'array', items: string },
        password_hash: string,
        password_changed_at: date,
        disabled_at: { bsonType: ['date', 'null'] },
        created_at: date,
        updated_at: date,
      }),
      indexes: [{ key: { email: 1 }, options: { unique: true } }],
    },
    {
      name: 'sessions',
      validator: shape({
        _id: string,
        user_id: string,
        stamp: date,
        expires_at: date,
        ends_at: date,
      }),
      indexes: [expiry('expires_at', DAY)],
    },
    {
      name: 'audit_events',
      validator: shape({ at: date, action: string }),
      indexes: [expiry('at', auditRetention)],
    },
    {
      name: 'login_limits',
      validator: shape({ key: string, points: { bsonType: 'number' }, expire: date }),
      indexes: [expiry('expire', 0), { key: { key: 1 }, options: { unique: true } }],
    },
    { name: 'schema', validator: shape({ _id: string, epoch: string }), indexes: [] },
  ];
}

const string = { bsonType: 'string' } as const;
const date = { bsonType: 'date' } as const;

function shape(properties: Document): Document {
  return { $jsonSchema: object(properties) };
}

function object(properties: Document): Document {
  return { bsonType: 'object', required: Object.keys(properties), properties };
}

/** A TTL index counts from a Date; a document whose field is of another type would never expire. */
function expiry(field: string, after: number): IndexSpec {
  return { key: { [field]: 1 }, options: { expireAfterSeconds: toSeconds(after) } };
}

/** Without this a stray `expires_at` would let the TTL monitor delete a cutoff. */
const NEVER_EXPIRES = { not: { required: ['expires_at'] } };

function revocationShapes(): Document[] {
  const shared = { revoked_at: date, writes: { bsonType: ['int', 'long'] } };
  const of = (kind: string, properties: Document) =>
    object({ kind: { enum: [kind] }, ...shared, ...properties });
  return [
    of('token', { _id: { bsonType: 'binData' }, user_id: string, expires_at: date }),
    of('session', { _id: string, user_id: string, expires_at: date }),
    { ...of('user', { _id: string, user_id: string, revoked_before: date }), ...NEVER_EXPIRES },
    { ...of('deployment', { _id: string, epoch: string, revoked_before: date }), ...NEVER_EXPIRES },
  ];
}
