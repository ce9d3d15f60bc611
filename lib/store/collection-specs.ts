import type { CreateIndexesOptions, Document, IndexSpecification } from 'mongodb';
import { DAY, toSeconds } from '../time.ts';

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
export const SCHEMA_VERSION = 3;

/** What `migrate` makes the database look like. */
export function collectionSpecs(auditRetention: number): readonly CollectionSpec[] {
  return [
    {
      name: 'revoked_tokens',
      validator: { $jsonSchema: { oneOf: revocationShapes() } },
      indexes: [expiry('expires_at', 0)],
    },
    { name: 'users', validator: userShape(), indexes: [unique('email')] },
    {
      name: 'sessions',
      validator: sessionShape(),
      indexes: [
        expiry('expires_at', DAY),
        index({ user_id: 1, ended_at: 1, auth_time: -1, _id: -1 }),
        index({ stamp: -1 }),
      ],
    },
    {
      name: 'audit_events',
      validator: shape({ at: date, action: string }),
      indexes: [
        expiry('at', auditRetention),
        index({ at: -1, _id: -1 }),
        index({ user_id: 1, at: -1, _id: -1 }),
        index({ actor_id: 1, at: -1, _id: -1 }),
        index({ action: 1, at: -1, _id: -1 }),
      ],
    },
    {
      name: 'login_limits',
      validator: shape({ key: string, points: { bsonType: 'number' }, expire: date }),
      indexes: [expiry('expire', 0), unique('key')],
    },
    { name: 'clients', validator: clientShape(), indexes: [] },
    {
      name: 'daily_counts',
      validator: shape({ _id: string, day: date, n: { bsonType: ['int', 'long'] } }),
      indexes: [expiry('day', auditRetention)],
    },
    { name: 'schema', validator: shape({ _id: string, epoch: string }), indexes: [] },
  ];
}

const string = { bsonType: 'string' } as const;
const date = { bsonType: 'date' } as const;

function userShape(): Document {
  return shape({
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
  });
}

function sessionShape(): Document {
  return shape({ _id: string, user_id: string, stamp: date, expires_at: date, ends_at: date });
}

function clientShape(): Document {
  return shape({ _id: string, name: string, secret_hash: string, created_at: date });
}

function shape(properties: Document): Document {
  return { $jsonSchema: object(properties) };
}

function object(properties: Document) {
  return { bsonType: 'object', required: Object.keys(properties), properties };
}

function index(key: IndexSpec['key']): IndexSpec {
  return { key, options: {} };
}

function unique(field: string): IndexSpec {
  return { key: { [field]: 1 }, options: { unique: true } };
}

/** A TTL index counts from a Date; a document whose field is of another type would never expire. */
function expiry(field: string, after: number): IndexSpec {
  return { key: { [field]: 1 }, options: { expireAfterSeconds: toSeconds(after) } };
}

/** Without this a stray `expires_at` would let the TTL monitor delete a cutoff. */
const NEVER_EXPIRES = { not: { required: ['expires_at'] } };

type ShapeOf = (kind: string, properties: Document) => Document & { properties: Document };

/** A refresh token names no user, and revokes its session all the same. */
function sessionEntryShape(of: ShapeOf): Document {
  const shape = of('session', { _id: string, expires_at: date });
  return { ...shape, properties: { ...shape.properties, user_id: string } };
}

function revocationShapes(): Document[] {
  const shared = { revoked_at: date, writes: { bsonType: ['int', 'long'] } };
  const of = (kind: string, properties: Document) =>
    object({ kind: { enum: [kind] }, ...shared, ...properties });
  return [
    of('token', { _id: { bsonType: 'binData' }, user_id: string, expires_at: date }),
    sessionEntryShape(of),
    { ...of('key', { _id: string }), ...NEVER_EXPIRES },
    { ...of('client', { _id: string }), ...NEVER_EXPIRES },
    { ...of('user', { _id: string, user_id: string, revoked_before: date }), ...NEVER_EXPIRES },
    { ...of('deployment', { _id: string, epoch: string, revoked_before: date }), ...NEVER_EXPIRES },
  ];
}
