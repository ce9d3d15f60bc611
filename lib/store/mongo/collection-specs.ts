import type { CreateIndexesOptions, Document, IndexSpecification } from 'mongodb';
import { DAY, toSeconds } from '../../time.ts';
import { NAMES } from './collections.ts';

export interface IndexSpec {
  readonly key: IndexSpecification & Record<string, 1 | -1>;
  readonly options: Pick<CreateIndexesOptions, 'unique' | 'expireAfterSeconds'>;
}

export interface CollectionSpec {
  readonly name: string;
  readonly validator: Document;
  readonly indexes: readonly IndexSpec[];
}

/** The version of validators and indexes. Each change raises it, so that a server detects an older database. */
export const SCHEMA_VERSION = 4;

/** The oldest version on which servers and commands of this version work. Servers follow only on SCHEMA_VERSION. */
export const OLDEST_SCHEMA_VERSION = 3;

/**
 * The version of a database that is being migrated from OLDEST_SCHEMA_VERSION. It makes an older `migrate` stop, which
 * would otherwise set its own validators again.
 */
export const UNDER_WAY_VERSION = 3.5;

/** Returns the collections that `migrate` creates. */
export function collectionSpecs(auditRetention: number): readonly CollectionSpec[] {
  return [
    {
      name: NAMES.revokedTokens,
      validator: { $jsonSchema: { oneOf: revocationShapes() }, ...FENCE },
      indexes: [expiry('expires_at', 0)],
    },
    { name: NAMES.users, validator: userShape(), indexes: [unique('email')] },
    {
      name: NAMES.sessions,
      validator: sessionShape(),
      indexes: [
        expiry('expires_at', DAY),
        index({ user_id: 1, ended_at: 1, auth_time: -1, _id: -1 }),
        index({ stamp: -1 }),
      ],
    },
    {
      name: NAMES.auditEvents,
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
      name: NAMES.loginLimits,
      validator: shape({ key: string, points: number, expire: date }),
      indexes: [expiry('expire', 0), unique('key')],
    },
    { name: NAMES.clients, validator: clientShape(), indexes: [] },
    {
      name: NAMES.dailyCounts,
      validator: shape({ _id: string, day: date, n: { bsonType: ['int', 'long'] } }),
      indexes: [expiry('day', auditRetention)],
    },
    { name: NAMES.followers, validator: followerShape(), indexes: [] },
    { name: NAMES.schema, validator: shape({ _id: string, epoch: string }), indexes: [] },
  ];
}

/** Returns the specification of the collection with this name. Throws if `migrate` creates no such collection. */
export function findSpec(name: string): CollectionSpec {
  const spec = collectionSpecs(DAY).find((each) => each.name === name);
  if (spec === undefined) throw new TypeError(`There is no collection ${name}`);
  return spec;
}

/** Refuses revocations of versions up to schema 3, which raise `writes` alone and do not wait for followers. */
const FENCE = { $expr: { $eq: ['$writes', '$fenced_writes'] } };

const string = { bsonType: 'string' } as const;
const number = { bsonType: 'number' } as const;
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

function followerShape(): Document {
  return shape({
    _id: string,
    lease: number,
    position: { bsonType: ['timestamp', 'null'] },
    began: object({ wall: number, mono: number }),
    renewals: { bsonType: ['int', 'long'] },
    host: string,
    version: string,
    renewed_at: date,
  });
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

/** Returns a TTL index. MongoDB deletes a document only if this field is a Date. */
function expiry(field: string, after: number): IndexSpec {
  return { key: { [field]: 1 }, options: { expireAfterSeconds: toSeconds(after) } };
}

/** Forbids `expires_at`, because the TTL monitor would delete the entry and so undo the revocation. */
const NO_EXPIRY = { not: { required: ['expires_at'] } };

type EntryShape = (kind: string, properties: Document) => Document & { properties: Document };

/** Returns the shape of a session's entry. `user_id` is optional, because a refresh token does not name the user. */
function sessionEntryShape(entry: EntryShape): Document {
  const shape = entry('session', { _id: string, expires_at: date });
  return { ...shape, properties: { ...shape.properties, user_id: string } };
}

function revocationShapes(): Document[] {
  const shared = { revoked_at: date, writes: { bsonType: ['int', 'long'] } };
  const entry = (kind: string, properties: Document) =>
    object({ kind: { enum: [kind] }, ...shared, ...properties });
  return [
    entry('token', { _id: { bsonType: 'binData' }, user_id: string, expires_at: date }),
    sessionEntryShape(entry),
    { ...entry('key', { _id: string }), ...NO_EXPIRY },
    { ...entry('client', { _id: string }), ...NO_EXPIRY },
    { ...entry('user', { _id: string, user_id: string, revoked_before: date }), ...NO_EXPIRY },
    { ...entry('deployment', { _id: string, epoch: string, revoked_before: date }), ...NO_EXPIRY },
  ];
}
