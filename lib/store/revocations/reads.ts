import { StoreNotReady } from '../../errors.ts';
import { type Collections, type RevocationDocument, SENTINEL } from '../mongo/collections.ts';
import { findByIds } from '../mongo/database.ts';
import type { Schema } from '../mongo/schema-document.ts';
import { createSharedReads, type SharedRead } from '../mongo/shared-reads.ts';
import { type ProvenReads, unproven } from '../primary/primary-proof.ts';
import {
  clientKey,
  cutoffOf,
  type Entries,
  idOf,
  keyKey,
  keyOf,
  NOBODY,
  sessionKey,
  tokenKey,
  userKey,
} from './entry-ids.ts';

export interface CheckInput {
  /** SHA-256 of the signed bytes, in base64; a refresh token has none. */
  readonly hash?: string;
  readonly sessionId: string;
  readonly userId: string;
  /** The key that signed it. */
  readonly kid: string;
  /** The stamp on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
}

/** The kind of entry that revokes a token; the most specific one. */
export type RevocationKind = RevocationDocument['kind'];

/** Cutoffs in milliseconds: stamps at or before them are revoked. Without an entry they are -Infinity. */
export interface Cutoffs {
  readonly user: number;
  readonly deployment: number;
}

/** The revoked sessions of one user. */
export interface RevokedSessions {
  /** Returns true if a session of that user is revoked. */
  has(session: { readonly id: string; readonly stamp: number }): boolean;
}

export interface RevocationReads {
  /**
   * Returns the kind of entry that revokes the token. A read on a proven primary can accept a token. It cannot refuse
   * one, since it may read an entry that no majority has: a strict read follows. Throws StoreUnavailable if uncertain.
   */
  check(token: CheckInput): Promise<RevocationKind | undefined>;
  /** Does the same by a strict read. */
  checkStrictly(token: CheckInput): Promise<RevocationKind | undefined>;
  /** Returns true if every token of a signing key is revoked. */
  isKeyRevoked(kid: string): Promise<boolean>;
  /** Returns true if a registered client is revoked. */
  isClientRevoked(id: string): Promise<boolean>;
  /** Returns the cutoffs that a new session's stamp has to be above. Reads as much for an unknown user as for a known one. */
  cutoffs(userId: string | undefined): Promise<Cutoffs>;
  /** Returns the revoked ones among these sessions of the user, by one read. */
  revokedAmong(userId: string, sessionIds: readonly string[]): Promise<RevokedSessions>;
  /** Throws StoreUnavailable if the database is not the one that the server knows. */
  assertSentinel(): Promise<void>;
}

/**
 * Reads `revoked_tokens`. `check` and `isClientRevoked` read on a proven primary first; all other reads are strict,
 * because a decision may rest on them. Concurrent calls share a read.
 */
export function createRevocationReads(
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  schema: Schema,
  primary: ProvenReads = unproven,
): RevocationReads {
  const { readProven, readStrictly: read } = createReads((rule) =>
    createReader(revokedTokens, schema, primary, rule),
  );

  async function checkStrictly(token: CheckInput): Promise<RevocationKind | undefined> {
    const keys = toKeys(token);
    return findKind(token, keys, (await read(Object.values(keys))).entries);
  }

  async function has(key: string): Promise<boolean> {
    return (await read([key])).entries.has(key);
  }

  return {
    async check(token) {
      const keys = toKeys(token);
      const { entries, isStrict } = await readProven(Object.values(keys));
      const kind = findKind(token, keys, entries);
      return kind === undefined || isStrict ? kind : checkStrictly(token);
    },

    checkStrictly,

    isKeyRevoked: (kid) => has(keyKey(kid)),

    async isClientRevoked(id) {
      const key = clientKey(id);
      const { entries, isStrict } = await readProven([key]);
      return entries.has(key) && (isStrict || has(key));
    },

    async cutoffs(userId) {
      const key = userKey(userId ?? NOBODY);
      const { entries } = await read([key]);
      return { user: cutoffOf(entries, key), deployment: cutoffOf(entries, SENTINEL) };
    },

    async revokedAmong(userId, sessionIds) {
      const user = userKey(userId);
      const { entries } = await read([user, ...sessionIds.map(sessionKey)]);
      const cutoff = Math.max(cutoffOf(entries, user), cutoffOf(entries, SENTINEL));
      return { has: ({ id, stamp }) => stamp <= cutoff || entries.has(sessionKey(id)) };
    },

    async assertSentinel() {
      await read([]);
    },
  };
}

/** Returns the keys of the entries that can revoke a token. A refresh token has no hash: its session replaces it. */
function toKeys({ hash, sessionId, kid, userId }: CheckInput) {
  const session = sessionKey(sessionId);
  const token = hash === undefined ? session : tokenKey(hash);
  return { token, session, key: keyKey(kid), user: userKey(userId) };
}

/** Returns the most specific kind of entry that revokes the token. */
function findKind(
  token: CheckInput,
  keys: ReturnType<typeof toKeys>,
  entries: Entries,
): RevocationKind | undefined {
  if (token.hash !== undefined && entries.has(keys.token)) return 'token';
  if (entries.has(keys.session)) return 'session';
  if (entries.has(keys.key)) return 'key';
  if (token.stamp <= cutoffOf(entries, keys.user)) return 'user';
  if (token.stamp <= cutoffOf(entries, SENTINEL)) return 'deployment';
  return undefined;
}

const NOT_MIGRATED =
  'revoked_tokens holds no sentinel: it was dropped, emptied, or this is another database. ' +
  'Run `npm run migrate`; tokens issued before will stay refused';
const FOREIGN =
  'revoked_tokens belongs to another database: its epoch is not that of the schema document. ' +
  'Check MONGODB_URI; if it is right, run `npm run migrate -- --after-restore`: every token issued before is refused then';

interface Found {
  readonly entries: Entries;
  /** True if a majority has what was read: a refusal may rest on it. */
  readonly isStrict: boolean;
}

/** Creates both kinds of reads. They share one if reads on a proven primary are strict anyway, as on a single-node set. */
function createReads(createRead: (rule?: 'strict') => SharedRead<Found>) {
  const quick = createRead();
  let isSame = false;

  const readProven = createSharedReads(async (keys) => {
    const found = await quick(keys);
    isSame = found.isStrict;
    return found;
  });
  const readAlone = createSharedReads(createRead('strict'));

  async function readStrictly(keys: readonly string[]): Promise<Found> {
    const found = isSame ? await readProven(keys) : undefined;
    return found?.isStrict ? found : readAlone(keys);
  }

  return { readProven, readStrictly };
}

/** Creates a read of entries together with the sentinel: without the sentinel, absence would prove nothing. */
function createReader(
  revokedTokens: Collections['revokedTokens'],
  schema: Schema,
  primary: ProvenReads,
  rule?: 'strict',
): SharedRead<Found> {
  let knownEpoch: string | undefined;

  async function assertSameDatabase(sentinel: RevocationDocument | undefined): Promise<void> {
    if (sentinel?.epoch === undefined) throw new StoreNotReady(NOT_MIGRATED);
    if (sentinel.epoch === knownEpoch) return;
    const known = await schema.find();
    if (known?.epoch !== sentinel.epoch) throw new StoreNotReady(FOREIGN);
    knownEpoch = known.epoch;
  }

  return async function read(keys) {
    const ids = [...keys, SENTINEL].map(idOf);
    let isStrict = false;
    const documents = await primary.read((level) => {
      isStrict = rule === 'strict' || level !== 'local';
      const projection = { revoked_before: 1, epoch: 1 };
      return findByIds(revokedTokens, ids, projection, { readConcern: level });
    }, rule);
    const entries = new Map(documents.map((entry) => [keyOf(entry), entry]));
    await assertSameDatabase(entries.get(SENTINEL));
    return { entries, isStrict };
  };
}
