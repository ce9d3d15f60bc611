import type { FindOptions } from 'mongodb';
import { StoreNotReady } from '../../errors.ts';
import { type FollowedReader, notFollowing } from '../followers/followed-reader.ts';
import type { Versioned } from '../followers/follower.ts';
import { toSlot } from '../followers/versions.ts';
import {
  type Collections,
  NAMES,
  type RevocationDocument,
  SENTINEL,
} from '../mongo/collections.ts';
import { findByIds } from '../mongo/database.ts';
import type { Schema } from '../mongo/schema-document.ts';
import { createSharedReads, type SharedRead } from '../mongo/shared-reads.ts';
import { localReads, type StrictReader } from '../mongo/strict-reads.ts';
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
  /** SHA-256 of the signed bytes, in base64; undefined for a refresh token. */
  readonly hash?: string;
  readonly sessionId: string;
  readonly userId: string;
  /** The id of the key that signed the token. */
  readonly kid: string;
  /** The session's stamp on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
}

/** The most specific kind of entry that revokes a token. */
export type RevocationKind = RevocationDocument['kind'];

/** Cutoffs in milliseconds. Stamps at or before a cutoff are revoked. A cutoff without an entry is -Infinity. */
export interface Cutoffs {
  readonly user: number;
  readonly deployment: number;
}

/** Returns true if one of the entries that were read revokes the session. */
type IsRevoked = (session: { readonly id: string; readonly stamp: number }) => boolean;

export type RevocationReads = ReturnType<typeof createRevocationReads>;

/** The result of a check that may be remembered. */
export interface FollowedCheck {
  /** The kind of entry that revokes the token; undefined if there is none. */
  readonly kind: RevocationKind | undefined;
  /** The slots of the entries that can revoke the token. */
  readonly slots: string;
  /** The number of the last change when the read began. */
  readonly version: number;
}

/** Reads `revoked_tokens` strictly, but for `checkFollowed`. Concurrent calls share a read. */
export function createRevocationReads(
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  schema: Schema,
  strictReads: StrictReader = localReads,
  followers: FollowedReader = notFollowing,
) {
  const readers = createReaders(revokedTokens, schema, strictReads, followers);
  const { read, readFollowed } = readers;

  return {
    checkFollowed: createCheckFollowed(readFollowed),
    checkClientFollowed: createCheckClientFollowed(readFollowed),

    /** Returns the kind of entry that revokes the token; undefined if there is none. */
    async check(token: CheckInput): Promise<RevocationKind | undefined> {
      const names = toNames(token);
      return findKind(token, names, await read(Object.values(names)));
    },

    async isClientRevoked(id: string): Promise<boolean> {
      const name = clientEntry(id);
      return (await read([name])).has(name);
    },

    /** Returns true if every token of a signing key is revoked. */
    async isKeyRevoked(kid: string): Promise<boolean> {
      const name = signingKeyEntry(kid);
      return (await read([name])).has(name);
    },

    /** Returns the cutoffs that a new session's stamp must exceed. For an unknown user, reads the entry of NOBODY. */
    async cutoffs(userId: string | undefined): Promise<Cutoffs> {
      const name = userEntry(userId ?? NOBODY);
      const entries = await read([name]);
      return { user: readCutoff(entries, name), deployment: readCutoff(entries, SENTINEL) };
    },

    /** Reads the entries of these sessions once. Returns a function that returns true for a revoked session. */
    async revokedAmong(userId: string, sessionIds: readonly string[]): Promise<IsRevoked> {
      const user = userEntry(userId);
      const entries = await read([user, ...sessionIds.map(sessionEntry)]);
      const cutoff = Math.max(readCutoff(entries, user), readCutoff(entries, SENTINEL));
      return ({ id, stamp }) => stamp <= cutoff || entries.has(sessionEntry(id));
    },

    /** Throws StoreUnavailable if the sentinel is missing or belongs to another database. */
    async assertSentinel(): Promise<void> {
      await read([]);
    },
    /** Returns the epoch that the sentinel has to have. Reads it only if no read has found it yet. */
    epoch: readers.epoch,
  };
}

/**
 * Creates a check like `check`, but by a read whose result may be remembered. The check returns undefined if this server
 * does not follow. A token without an entry may have been revoked meanwhile: only the version tells.
 */
function createCheckFollowed(read: SharedRead<Versioned<Entries> | undefined>) {
  return async function checkFollowed(token: CheckInput): Promise<FollowedCheck | undefined> {
    const names = toNames(token);
    const result = await read(Object.values(names));
    if (result === undefined) return undefined;
    const slots = Object.values(names).map(entrySlot).join('');
    return { kind: findKind(token, names, result.found), slots, version: result.version };
  };
}

/** The result of a check of a client that may be remembered. */
export interface FollowedClientCheck {
  readonly isRevoked: boolean;
  /** The slot of the client's entry. */
  readonly slot: string;
  /** The number of the last change when the read began. */
  readonly version: number;
}

/** Creates a check like `isClientRevoked`, but by a read whose result may be remembered. */
function createCheckClientFollowed(read: SharedRead<Versioned<Entries> | undefined>) {
  return async function checkClientFollowed(id: string): Promise<FollowedClientCheck | undefined> {
    const name = clientEntry(id);
    const result = await read([name]);
    if (result === undefined) return undefined;
    const { found, version } = result;
    return { isRevoked: found.has(name), slot: entrySlot(name), version };
  };
}

/** Returns the slot of an entry by its name. */
function entrySlot(name: string): string {
  return toSlot(NAMES.revokedTokens, toId(name));
}

/** Returns the names of the entries that can revoke a token. For a refresh token, `token` is the same as `session`. */
function toNames({ hash, sessionId, kid, userId }: CheckInput) {
  const session = sessionEntry(sessionId);
  const token = hash === undefined ? session : tokenEntry(hash);
  return { token, session, key: signingKeyEntry(kid), user: userEntry(userId) };
}

/** Returns the most specific kind of entry that revokes the token; undefined if there is none. */
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
  `${NAMES.revokedTokens} holds no sentinel: the collection was dropped or emptied, or this is another database. ` +
  'Migrate the database. Tokens issued before the migration stay refused';
const FOREIGN =
  `${NAMES.revokedTokens} belongs to another database: its epoch differs from that of the schema document. ` +
  'If this is the right database, migrate it with the option "afterRestore", which refuses every token issued so far';

/** Creates a strict read of entries and the sentinel, and one whose result may be remembered. */
function createReaders(
  revokedTokens: Collections['revokedTokens'],
  schema: Schema,
  strictReads: StrictReader,
  followers: FollowedReader,
) {
  const { toEntries, knownEpoch } = createToEntries(schema);

  function find(names: readonly string[], options: Pick<FindOptions, 'readConcern' | 'session'>) {
    const ids = [...names, SENTINEL].map(toId);
    return findByIds(revokedTokens, ids, { revoked_before: 1, epoch: 1 }, options);
  }

  const read = createSharedReads(async (names) =>
    toEntries(await strictReads.read((readConcern) => find(names, { readConcern }))),
  );

  return {
    read,
    async epoch(): Promise<string> {
      if (knownEpoch() === undefined) await read([]);
      return knownEpoch() ?? '';
    },
    readFollowed: createSharedReads(async (names) => {
      const read = await followers.read((options) => find(names, options));
      return read && { found: await toEntries(read.found), version: read.version };
    }),
  };
}

/** Creates the conversion of what was read. It throws without a sentinel, because entries may be missing as well. */
function createToEntries(schema: Schema) {
  let knownEpoch: string | undefined;

  async function assertSameDatabase(sentinel: RevocationDocument | undefined): Promise<void> {
    if (sentinel?.epoch === undefined) throw new StoreNotReady('migrate', NOT_MIGRATED);
    if (sentinel.epoch === knownEpoch) return;
    const known = await schema.find();
    if (known?.epoch !== sentinel.epoch) throw new StoreNotReady('migrate_after_restore', FOREIGN);
    knownEpoch = known.epoch;
  }

  return {
    async toEntries(documents: readonly RevocationDocument[]): Promise<Entries> {
      const entries = new Map(documents.map((entry) => [fromId(entry), entry]));
      await assertSameDatabase(entries.get(SENTINEL));
      return entries;
    },
    knownEpoch: (): string | undefined => knownEpoch,
  };
}
