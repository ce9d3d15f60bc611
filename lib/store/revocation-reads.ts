import { StoreNotReady } from '../errors.ts';
import { createSharedReads, type SharedRead } from '../shared-reads.ts';
import type { Collections, RevocationDocument } from './collections.ts';
import { findByIds } from './database.ts';
import { type ProvenReads, unproven } from './primary-proof.ts';
import {
  clientKey,
  cutoffOf,
  type Entries,
  idOf,
  keyKey,
  keyOf,
  NOBODY,
  SENTINEL,
  sessionKey,
  tokenKey,
  userKey,
} from './revocation-keys.ts';
import type { Schema } from './schema.ts';

export interface CheckInput {
  /** SHA-256 of the signed bytes, in base64; a refresh token has none. */
  readonly hash?: string;
  readonly sessionId: string;
  readonly userId: string;
  /** The key that signed it. */
  readonly kid: string;
  /** In milliseconds, on the logical clock of revocations. */
  readonly stamp: number;
}

/** By which kind of entry a token is revoked; the most specific there is. */
export type RevocationKind = RevocationDocument['kind'];

/** Stamps at or before these are revoked, in milliseconds; -Infinity where nothing is. */
export interface Cutoffs {
  readonly user: number;
  readonly deployment: number;
}

/** What is revoked of one user. */
export interface Ended {
  /** Whether a session of that user is over. */
  has(session: { readonly id: string; readonly stamp: number }): boolean;
}

export interface RevocationReads {
  /**
   * Tells by what the token is revoked. A read on a proven primary accepts; it refuses nothing, since it may see an
   * entry that no majority has: a strict read does. StoreUnavailable when that cannot be known.
   */
  check(token: CheckInput): Promise<RevocationKind | undefined>;
  /** The same by a strict read, as all below are. */
  checkStrictly(token: CheckInput): Promise<RevocationKind | undefined>;
  /** Whether all that a key has signed is revoked. */
  isKeyRevoked(kid: string): Promise<boolean>;
  /** Whether a registered client is out. */
  isClientRevoked(id: string): Promise<boolean>;
  /** What a new session's stamp has to be above. For no user it reads as much as for one. */
  cutoffs(userId: string | undefined): Promise<Cutoffs>;
  /** Which of these sessions of the user are revoked, in one read. */
  endedOf(userId: string, sessionIds: readonly string[]): Promise<Ended>;
  /** StoreUnavailable where the database is not the one that the server knows. */
  assertKnown(): Promise<void>;
}

/**
 * Reads `revoked_tokens`: `check` on a proven primary, and so `isClientRevoked`; all else strictly, because an
 * answer may rest on it. Those who ask at the same time share a read.
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
    const names = namesOf(token);
    return kindOf(token, names, (await read(Object.values(names))).entries);
  }

  async function has(key: string): Promise<boolean> {
    return (await read([key])).entries.has(key);
  }

  return {
    async check(token) {
      const names = namesOf(token);
      const { entries, isStrict } = await readProven(Object.values(names));
      const kind = kindOf(token, names, entries);
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

    async endedOf(userId, sessionIds) {
      const user = userKey(userId);
      const { entries } = await read([user, ...sessionIds.map(sessionKey)]);
      const cutoff = Math.max(cutoffOf(entries, user), cutoffOf(entries, SENTINEL));
      return { has: ({ id, stamp }) => stamp <= cutoff || entries.has(sessionKey(id)) };
    },

    async assertKnown() {
      await read([]);
    },
  };
}

/** What a token can be revoked by. A refresh token has no hash: its session stands for it. */
function namesOf({ hash, sessionId, kid, userId }: CheckInput) {
  const session = sessionKey(sessionId);
  const token = hash === undefined ? session : tokenKey(hash);
  return { token, session, key: keyKey(kid), user: userKey(userId) };
}

/** The most specific speaks. */
function kindOf(
  token: CheckInput,
  names: ReturnType<typeof namesOf>,
  entries: Entries,
): RevocationKind | undefined {
  if (token.hash !== undefined && entries.has(names.token)) return 'token';
  if (entries.has(names.session)) return 'session';
  if (entries.has(names.key)) return 'key';
  if (token.stamp <= cutoffOf(entries, names.user)) return 'user';
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
  /** True where a majority has what was seen, on which a refusal may rest. */
  readonly isStrict: boolean;
}

/** Lets strict reads share those on a proven primary where these are strict as well, as on a set of one node. */
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

/** Reads entries and the sentinel together: without the sentinel, absence would prove nothing. */
function createReader(
  revokedTokens: Collections['revokedTokens'],
  schema: Schema,
  primary: ProvenReads,
  rule?: 'strict',
): SharedRead<Found> {
  let knownEpoch: string | undefined;

  async function assertKnown(sentinel: RevocationDocument | undefined): Promise<void> {
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
    await assertKnown(entries.get(SENTINEL));
    return { entries, isStrict };
  };
}
