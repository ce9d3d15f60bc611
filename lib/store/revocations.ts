import { StoreNotReady } from '../errors.ts';
import { createSharedReads, type SharedRead } from '../shared-reads.ts';
import type { Clock } from '../time.ts';
import type { Collections, RevocationDocument } from './collections.ts';
import { findByIds, isDuplicateKey, orUnavailable } from './database.ts';
import {
  cutoffOf,
  type Entries,
  idOf,
  keyOf,
  NOBODY,
  type RevokeTokenInput,
  type RevokeUserInput,
  SENTINEL,
  sessionEntry,
  sessionKey,
  type TokenNames,
  tokenEntry,
  tokenKey,
  userEntry,
  userKey,
} from './revocation-entries.ts';
import type { Schema } from './schema.ts';

export interface CheckInput extends TokenNames {
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

export interface Revocations {
  /** Whether the token is revoked, in one read. StoreUnavailable when that cannot be known. */
  check(token: CheckInput): Promise<RevocationKind | undefined>;
  /** What a new session's stamp has to be above. For no user it reads as much as for one. */
  cutoffs(userId: string | undefined): Promise<Cutoffs>;
  /** Revokes the token and its whole session, in one command. Answers once a majority has both. */
  revokeToken(token: RevokeTokenInput): Promise<void>;
  /** Revokes all that was issued to the user, or is being issued now. Answers once a majority has it. */
  revokeUser(input: RevokeUserInput): Promise<void>;
}

/** Reads and writes `revoked_tokens`, the single source of truth for what is revoked. */
export function createRevocations(
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  schema: Schema,
  clock: Clock = Date.now,
): Revocations {
  const read = createSharedReads(createReader(revokedTokens, schema));

  async function cutoffs(userId: string | undefined): Promise<Cutoffs> {
    const key = userKey(userId ?? NOBODY);
    const entries = await read([key]);
    return { user: cutoffOf(entries, key), deployment: cutoffOf(entries, SENTINEL) };
  }

  return {
    cutoffs,

    async check({ hash, sessionId, userId, stamp }) {
      const [token, session, user] = [tokenKey(hash), sessionKey(sessionId), userKey(userId)];
      const entries = await read([token, session, user]);
      if (entries.has(token)) return 'token';
      if (entries.has(session)) return 'session';
      if (stamp <= cutoffOf(entries, user)) return 'user';
      if (stamp <= cutoffOf(entries, SENTINEL)) return 'deployment';
      return undefined;
    },

    async revokeToken(token) {
      await read([]); // What another database acknowledged would be lost with it.
      const writes = [
        upsertOne(sessionKey(token.sessionId), sessionEntry(token)),
        upsertOne(tokenKey(token.hash), tokenEntry(token)),
      ];
      await upserted(() => revokedTokens.bulkWrite(writes));
    },

    async revokeUser(input) {
      let before: number;
      let after = (await cutoffs(input.userId)).deployment;
      do {
        before = after;
        const write = upsertOne(userKey(input.userId), userEntry(input, before, clock()));
        await upserted(() => revokedTokens.bulkWrite([write]));
        after = (await cutoffs(input.userId)).deployment;
      } while (after > before); // Everyone was revoked meanwhile: the user's cutoff has to be above that.
    },
  };
}

function upsertOne(key: string, update: object[]) {
  return { updateOne: { filter: { _id: idOf(key) }, update, upsert: true } };
}

/** Two upserts of one new key at once: the slower one fails with E11000, and then finds the document there. */
async function upserted<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await orUnavailable(write(), isDuplicateKey);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return orUnavailable(write());
  }
}

const NOT_MIGRATED =
  'revoked_tokens holds no sentinel: it was dropped, emptied, or this is another database. ' +
  'Run `npm run migrate`; tokens issued before will stay refused';
const FOREIGN =
  'revoked_tokens belongs to another database: its epoch is not that of the schema document. ' +
  'Check MONGODB_URI, and restore revoked_tokens and schema from the same backup';

/** Reads entries and the sentinel together: without the sentinel, absence would prove nothing. */
function createReader(
  revokedTokens: Collections['revokedTokens'],
  schema: Schema,
): SharedRead<Entries> {
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
    const documents = await findByIds(revokedTokens, ids, { revoked_before: 1, epoch: 1 });
    const entries = new Map(documents.map((entry) => [keyOf(entry), entry]));
    await assertKnown(entries.get(SENTINEL));
    return entries;
  };
}
