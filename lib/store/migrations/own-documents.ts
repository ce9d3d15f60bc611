import type { Document } from 'mongodb';
import type { CollectionSpec } from '../mongo/collection-specs.ts';
import { NAMES, SENTINEL } from '../mongo/collections.ts';
import { PROBE } from '../revocations/entry-ids.ts';

/**
 * Returns a filter for the documents that any version of this project has written into a collection. The filter is
 * narrower than the validator if the validator would accept documents of other applications as well.
 */
export function ownDocuments({ name, validator }: CollectionSpec): Document {
  return NARROWER[name] ?? validator;
}

/** Fields of our documents, by collection. A text, hashed or 2d index can refuse our documents only on these fields. */
export const OWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  [NAMES.revokedTokens]: [
    ...['_id', 'kind', 'revoked_at', 'writes', 'user_id', 'reason', 'revoked_by'],
    ...['fenced_writes', 'expires_at', 'revoked_before', 'epoch'],
  ],
  [NAMES.users]: [
    ...['_id', 'email', 'company_id', 'name', 'roles', 'password_hash'],
    ...['password_changed_at', 'disabled_at', 'created_at', 'updated_at'],
  ],
  [NAMES.sessions]: [
    ...['_id', 'user_id', 'stamp', 'auth_time', 'expires_at', 'ends_at', 'last_used_at'],
    ...['user_agent', 'ip', 'counter', 'rotated_at', 'rotated_by', 'graces', 'reused_at'],
    ...['last_refresh', 'refreshes', 'ended_at', 'seen_counter', 'tracked_refreshes'],
  ],
  [NAMES.auditEvents]: [
    ...['_id', 'at', 'action', 'user_id', 'company_id', 'actor_id', 'ip'],
    ...['user_agent', 'request_id', 'details'],
  ],
  [NAMES.loginLimits]: ['_id', 'key', 'points', 'expire', 'since', 'under_way'],
  [NAMES.clients]: ['_id', 'name', 'secret_hash', 'created_at'],
  [NAMES.dailyCounts]: ['_id', 'day', 'n'],
  [NAMES.followers]: [
    ...['_id', 'lease', 'position', 'began', 'renewals', 'host', 'version', 'renewed_at'],
  ],
  [NAMES.schema]: ['_id', 'version', 'epoch'],
};

/** Fields that may hold lists. A hashed index on such a field refuses documents in which it holds a list. */
export const LISTS: ReadonlySet<string> = new Set(['roles', 'details', 'under_way']);

const text = { bsonType: 'string' } as const;
const textOrNull = { bsonType: ['string', 'null'] } as const;
const date = { bsonType: 'date' } as const;
const integer = { bsonType: ['int', 'long'] } as const;
const UUID = matching('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');

const NARROWER: Readonly<Record<string, Document>> = {
  [NAMES.revokedTokens]: { $jsonSchema: { oneOf: revocations() } },
  [NAMES.sessions]: all({
    _id: UUID,
    user_id: text,
    stamp: date,
    auth_time: date,
    expires_at: date,
    ends_at: date,
    last_used_at: date,
    user_agent: textOrNull,
    ip: textOrNull,
  }),
  [NAMES.auditEvents]: all({
    _id: { bsonType: 'objectId' },
    at: date,
    action: matching('^[a-z]+(_[a-z]+)+$'),
    user_id: textOrNull,
    company_id: textOrNull,
    actor_id: textOrNull,
    ip: textOrNull,
    user_agent: textOrNull,
    request_id: textOrNull,
    details: { bsonType: 'object' },
  }),
  [NAMES.loginLimits]: all({
    key: matching('^[a-z_-]+:[A-Za-z0-9_-]{43}$'),
    points: { bsonType: 'number' },
    expire: date,
  }),
  [NAMES.clients]: all({
    _id: UUID,
    name: text,
    secret_hash: matching('^[0-9a-f]{64}$'),
    created_at: date,
  }),
  [NAMES.dailyCounts]: all({
    _id: matching('^[0-9]{4}-[0-9]{2}-[0-9]{2}:[a-z_]+$'),
    day: date,
    n: integer,
  }),
  [NAMES.schema]: all({ _id: { enum: ['rescind'] }, version: { bsonType: 'number' }, epoch: text }),
};

function revocations(): Document[] {
  const entry = (kind: string, _id: Document) =>
    shape({ _id, kind: { enum: [kind] }, revoked_at: date, writes: integer });
  return [
    entry('token', { bsonType: 'binData' }),
    entry('deployment', { enum: [SENTINEL, PROBE] }),
    ...['session', 'key', 'client', 'user'].map((kind) => entry(kind, matching(`^${kind}:`))),
  ];
}

function all(properties: Document): Document {
  return { $jsonSchema: shape(properties) };
}

function shape(properties: Document): Document {
  return { bsonType: 'object', required: Object.keys(properties), properties };
}

function matching(pattern: string): Document {
  return { bsonType: 'string', pattern };
}
