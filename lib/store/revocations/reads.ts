import { StoreNotReady } from '../../errors.ts';
import { type Collections, type RevocationDocument, SENTINEL } from '../mongo/collections.ts';
import { findByIds } from '../mongo/database.ts';
import type { Schema } from '../mongo/schema-document.ts';
import { createSharedReads, type SharedRead } from '../mongo/shared-reads.ts';
import { type ProvenReads, unproven } from '../primary/primary-proof.ts';
import {
  clientEntry,
  type Entries,
  fromId,
  NOBODY,
  readCutoff,
  sessionEntry,
  signingKeyEntry,
  toId,
  tokenEntry,
  userEntry,
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

/** Returns true if a session is among the revoked ones that were read. */
type IsRevoked = (session: { readonly id: string; readonly stamp: number }) => boolean;

export type RevocationReads = ReturnType<typeof createRevocationReads>;

/** Reads `revoked_tokens`. Concurrent calls share a read. */
export function createRevocationReads(
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  schema: Schema,
  primary: ProvenReads = unproven,
) {
  const reads = createReads((rule) => createReader(revokedTokens, schema, primary, rule));
  // biome-ignore lint/nursery/noMisusedPromises: it takes the object that is spread for a promise
  return { ...createChecks(reads), ...createStrictReads(reads.readStrictly) };
}

/** Creates the checks that may be made on every request: they read on a proven primary first. */
function createChecks({ readProven, readStrictly }: ReturnType<typeof createReads>) {
  return {
    /**
     * Returns the kind of entry that revokes the token. A read on a proven primary can accept a token. It cannot refuse
     * one, since it may read an entry that no majority has: a strict read follows. Throws StoreUnavailable if uncertain.
     */
    async check(token: CheckInput): Promise<RevocationKind | undefined> {
      const names = toNames(token);
      const { entries, isStrict } = await readProven(Object.values(names));
      const kind = findKind(token, names, entries);
      return kind === undefined || isStrict ? kind : findRevocation(token, readStrictly);
    },

    /** Does the same by a strict read. */
    checkStrictly(token: CheckInput): Promise<RevocationKind | undefined> {
      return findRevocation(token, readStrictly);
    },

    /** Returns true if a registered client is revoked. */
    async isClientRevoked(id: string): Promise<boolean> {
      const name = clientEntry(id);
      const { entries, isStrict } = await readProven([name]);
      return entries.has(name) && (isStrict || (await readStrictly([name])).entries.has(name));
    },
  };
}

async function findRevocation(token: CheckInput, read: SharedRead<Found>) {
  const names = toNames(token);
  return findKind(token, names, (await read(Object.values(names))).entries);
}

/** Creates the reads on which a write or an answer of its own rests. */
function createStrictReads(read: SharedRead<Found>) {
  return {
    /** Returns true if every token of a signing key is revoked. */
    async isKeyRevoked(kid: string): Promise<boolean> {
      const name = signingKeyEntry(kid);
      return (await read([name])).entries.has(name);
    },

    /** Returns the cutoffs that a new session's stamp has to be above. Reads as much for an unknown user as for a known one. */
    async cutoffs(userId: string | undefined): Promise<Cutoffs> {
      const name = userEntry(userId ?? NOBODY);
      const { entries } = await read([name]);
      return { user: readCutoff(entries, name), deployment: readCutoff(entries, SENTINEL) };
    },

    /** Finds the revoked ones among these sessions of the user, by one read. */
    async revokedAmong(userId: string, sessionIds: readonly string[]): Promise<IsRevoked> {
      const user = userEntry(userId);
      const { entries } = await read([user, ...sessionIds.map(sessionEntry)]);
      const cutoff = Math.max(readCutoff(entries, user), readCutoff(entries, SENTINEL));
      return ({ id, stamp }) => stamp <= cutoff || entries.has(sessionEntry(id));
    },

    /** Throws StoreUnavailable if the database is not the one that the server knows. */
    async assertSentinel(): Promise<void> {
      await read([]);
    },
  };
}

/** Returns the names of the entries that can revoke a token. A refresh token has no hash: its session replaces it. */
function toNames({ hash, sessionId, kid, userId }: CheckInput) {
  const session = sessionEntry(sessionId);
  const token = hash === undefined ? session : tokenEntry(hash);
  return { token, session, key: signingKeyEntry(kid), user: userEntry(userId) };
}

/** Returns the most specific kind of entry that revokes the token. */
function findKind(
  token: CheckInput,
  names: ReturnType<typeof toNames>,
  entries: Entries,
): RevocationKind | undefined {
  if (token.hash !== undefined && entries.has(names.token)) return 'token';
  if (entries.has(names.session)) return 'session';
  if (entries.has(names.key)) return 'key';
  if (token.stamp <= readCutoff(entries, names.user)) return 'user';
  if (token.stamp <= readCutoff(entries, SENTINEL)) return 'deployment';
  return undefined;
}

const NOT_MIGRATED =
  'revoked_tokens holds no sentinel: it was dropped, emptied, or this is another database. ' +
  'Migrate the database; tokens issued before will stay refused';
const FOREIGN =
  'revoked_tokens belongs to another database: its epoch is not that of the schema document. ' +
  'If it is the right one, migrate it with the option "afterRestore": every token issued before is refused then';

interface Found {
  readonly entries: Entries;
  /** True if a majority has what was read: a refusal may rest on it. */
  readonly isStrict: boolean;
}

/** Creates both kinds of reads. They share one if reads on a proven primary are strict anyway, as on a single-node set. */
function createReads(createRead: (rule?: 'strict') => SharedRead<Found>) {
  const quick = createRead();
  let isSame = false;

  const readProven = createSharedReads(async (names) => {
    const found = await quick(names);
    isSame = found.isStrict;
    return found;
  });
  const readAlone = createSharedReads(createRead('strict'));

  async function readStrictly(names: readonly string[]): Promise<Found> {
    const found = isSame ? await readProven(names) : undefined;
    return found?.isStrict ? found : readAlone(names);
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
    if (sentinel?.epoch === undefined) throw new StoreNotReady('migrate', NOT_MIGRATED);
    if (sentinel.epoch === knownEpoch) return;
    const known = await schema.find();
    if (known?.epoch !== sentinel.epoch) throw new StoreNotReady('migrate_after_restore', FOREIGN);
    knownEpoch = known.epoch;
  }

  return async function read(names) {
    const ids = [...names, SENTINEL].map(toId);
    let isStrict = false;
    const documents = await primary.read((level) => {
      isStrict = rule === 'strict' || level !== 'local';
      const projection = { revoked_before: 1, epoch: 1 };
      return findByIds(revokedTokens, ids, projection, { readConcern: level });
    }, rule);
    const entries = new Map(documents.map((entry) => [fromId(entry), entry]));
    await assertSameDatabase(entries.get(SENTINEL));
    return { entries, isStrict };
  };
}
