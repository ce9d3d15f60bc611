import { hash, randomBytes, randomUUID } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { migrate, planMigration } from '../../lib/store/migrations/migrate.ts';
import {
  type Collections,
  openCollections,
  type RevocationDocument,
} from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import * as entryIds from '../../lib/store/revocations/entry-ids.ts';
import { DAY, HOUR } from '../../lib/time.ts';
import type { Detail } from '../dev/progress.ts';
import type { Client } from './generator/requests.ts';
import { USUAL_ENTRIES } from './rows.ts';
import * as tokens from './tokens.ts';

const BATCH = 10_000;
const AT_ONCE = 3;
const FAST = { ordered: false, bypassDocumentValidation: true, writeConcern: { w: 1 } };

/** The number of entries that no request asks for, and what the requests of the bench need. */
interface Contents {
  readonly entries: number;
  readonly revoked: readonly string[];
  /** The client that introspects. */
  readonly client: Client;
}

/**
 * Migrates an empty database as `rescind migrate` does, and fills it with users, a client, the tokens that are revoked,
 * and entries that no request asks for: half of them of tokens, half of sessions, as logouts leave them.
 */
export async function fillDatabase(
  db: Db,
  { entries, revoked, client }: Contents,
  detail: Detail,
): Promise<void> {
  const { users, clients, revokedTokens } = openCollections(db);
  await migrate(await planMigration(db, { auditRetention: 400 * DAY }), () => {});
  await users.insertMany(makeUsers(), FAST);
  await clients.insertOne(makeClient(client));
  const known = revoked.map((token) => makeTokenEntry(tokens.hashToken(token)));
  const cutoffEntries = tokens.usersWithCutoff().map(makeCutoffEntry);
  await revokedTokens.insertMany([...cutoffEntries, ...known], FAST);
  await insertOthers(revokedTokens, entries, detail);
  if (entries === USUAL_ENTRIES) {
    const insert = (collection: string, documents: object[]) =>
      db.collection(collection).insertMany(documents, FAST);
    await insert('naive_revoked_tokens', makeNaiveEntries(entries, revoked));
    const revoked_before = tokens.cutoff();
    const cutoffs = tokens.usersWithCutoff().map((_id) => ({ _id, revoked_before }));
    await insert('naive_user_cutoffs', cutoffs);
  }
  // Otherwise the checkpoint would be written during a measurement.
  await db.admin().command({ fsync: 1 });
}

/** Inserts so many entries that no request asks for, in several batches at once: mongod has a thread for each. */
async function insertOthers(
  revokedTokens: Collections['revokedTokens'],
  entries: number,
  detail: Detail,
): Promise<void> {
  let begun = 0;

  async function insertBatches(): Promise<void> {
    while (begun < entries) {
      const batch = Array.from({ length: Math.min(BATCH, entries - begun) }, makeOtherEntry);
      detail(`${Math.round((100 * begun) / entries)} %`);
      begun += batch.length;
      await revokedTokens.insertMany(batch, FAST);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, insertBatches));
}

export function makeClient({ id, secret }: Client) {
  const secret_hash = hash('sha256', secret, 'hex');
  return { _id: id, name: 'bench', secret_hash, created_at: new Date() };
}

/** Makes the naive list of the peers: the hash of each whole token in hex. */
function makeNaiveEntries(count: number, revoked: readonly string[]) {
  const others = Array.from({ length: count }, () => randomBytes(32).toString('hex'));
  const known = revoked.map((token) => hash('sha256', token, 'hex'));
  return [...known, ...others].map((_id) => ({ _id }));
}

function makeUsers() {
  const now = new Date();
  // One hash for all users: 20,000 would take half an hour.
  const password_hash = hashSync(tokens.PASSWORD, tokens.BCRYPT_COST);
  return tokens.userIds(tokens.USER_COUNT).map((_id, number) => ({
    _id,
    email: tokens.userEmail(number),
    company_id: 'testcompany',
    name: 'John Doe',
    roles: [],
    password_hash,
    password_changed_at: now,
    disabled_at: null,
    created_at: now,
    updated_at: now,
  }));
}

function makeOtherEntry(_: unknown, index: number): RevocationDocument {
  if (index % 2 === 0) return makeTokenEntry(randomBytes(32));
  return makeEntry('session', entryIds.sessionEntry(randomUUID()), 92 * DAY);
}

/** Makes the entry of one token; none expires while a bench runs. */
function makeTokenEntry(hash: Buffer): RevocationDocument {
  return makeEntry('token', entryIds.tokenEntry(hash.toString('base64')), 25 * HOUR);
}

function makeEntry(kind: 'token' | 'session', key: string, lifetime: number): RevocationDocument {
  const [user_id, revoked_at] = [randomUUID(), new Date()];
  const expires_at = new Date(revoked_at.getTime() + lifetime);
  const cause = { user_id, reason: 'logout', revoked_by: user_id, revoked_at };
  return { _id: entryIds.toId(key), kind, ...cause, expires_at, writes: 1, fenced_writes: 1 };
}

/** Makes a user's entry after a revoke-all an hour ago. */
function makeCutoffEntry(user_id: string): RevocationDocument {
  const revoked_at = tokens.cutoff();
  const by = { reason: 'revoke_all', revoked_by: user_id } as const;
  const times = { revoked_at, revoked_before: revoked_at };
  return {
    _id: entryIds.userEntry(user_id),
    kind: 'user',
    user_id,
    ...by,
    ...times,
    writes: 1,
    fenced_writes: 1,
  };
}
