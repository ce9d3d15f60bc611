import { hash, randomBytes, randomUUID } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import type { Document } from 'mongodb';
import { migrate, planMigration } from '../../lib/store/migrations/migrate.ts';
import type {
  RevocationDocument as Entry,
  UserDocument,
} from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { idOf, sessionKey, tokenKey, userKey } from '../../lib/store/revocations/entry-ids.ts';
import { DAY, HOUR } from '../../lib/time.ts';
import type { Detail } from '../dev/progress.ts';
import { USUAL_ENTRIES } from './rows.ts';
import * as tokens from './tokens.ts';

const BATCH = 10_000;

/**
 * Migrates an empty database as `rescind migrate` does, and fills it with users, the tokens that are revoked,
 * and entries that no request asks for: half of them of tokens, half of sessions, as logouts leave them.
 */
export async function fillDatabase(
  db: Db,
  entries: number,
  revoked: readonly string[],
  detail: Detail,
): Promise<void> {
  await migrate(await planMigration(db, { auditRetention: 400 * DAY }), () => {});
  await insert(db, 'users', tokens.USER_COUNT, createUserMaker());
  const cutoffs = tokens.usersWithCutoff().map(makeCutoffEntry);
  const known = [...cutoffs, ...revoked.map((token) => makeTokenEntry(tokens.hashToken(token)))];
  await insert(db, 'revoked_tokens', known.length, (index) => known[index]);
  await insert(db, 'revoked_tokens', entries, makeEntry, detail);
  if (entries === USUAL_ENTRIES) await fillNaiveLists(db, entries, revoked);
  // Otherwise the checkpoint would be written during a measurement.
  await db.admin().command({ fsync: 1 });
}

/** Fills the naive lists of the peers: the hash of the whole token in hex, and the cutoffs of users. */
async function fillNaiveLists(db: Db, entries: number, revoked: readonly string[]) {
  const known = revoked.map((token) => ({ _id: hash('sha256', token, 'hex') }));
  const revoked_before = tokens.cutoff();
  const cutoffs = tokens.usersWithCutoff().map((_id) => ({ _id, revoked_before }));
  const makeOther = () => ({ _id: randomBytes(32).toString('hex') });
  await insert(db, 'naive_revoked_tokens', known.length, (index) => known[index]);
  await insert(db, 'naive_revoked_tokens', entries, makeOther);
  await insert(db, 'naive_user_cutoffs', cutoffs.length, (index) => cutoffs[index]);
}

/** Inserts in large batches, and makes the next one while the database works on the last one. */
async function insert(
  db: Db,
  collection: string,
  count: number,
  make: (index: number) => object | undefined,
  detail: Detail = () => {},
): Promise<void> {
  const options = { ordered: false, bypassDocumentValidation: true, writeConcern: { w: 1 } };
  let pending: Promise<unknown> = Promise.resolve();
  for (let first = 0; first < count; first += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, count - first) }, (_, n) => first + n);
    const documents = indexes.map(make) as Document[];
    await pending;
    pending = db.collection(collection).insertMany(documents, options);
    detail(`${Math.round((100 * first) / count)} %`);
  }
  await pending;
}

function createUserMaker(): (number: number) => UserDocument {
  const now = new Date();
  // One hash for all users: 20,000 would take half an hour.
  const password_hash = hashSync(tokens.PASSWORD, tokens.BCRYPT_COST);
  return (number) => ({
    _id: tokens.userId(number),
    email: tokens.userEmail(number),
    company_id: 'testcompany',
    name: 'John Doe',
    roles: [],
    password_hash,
    password_changed_at: now,
    disabled_at: null,
    created_at: now,
    updated_at: now,
  });
}

function makeEntry(index: number) {
  if (index % 2 === 0) return makeTokenEntry(randomBytes(32));
  return makeLogoutEntry('session', sessionEntry(randomUUID()), 92 * DAY);
}

/** Makes the entry of one token; none expires while a bench runs. */
function makeTokenEntry(hash: Buffer) {
  return makeLogoutEntry('token', toId(tokenEntry(hash.toString('base64'))), 25 * HOUR);
}

function makeLogoutEntry(kind: 'token' | 'session', _id: Entry['_id'], lifetime: number): Entry {
  const [user_id, revoked_at] = [randomUUID(), new Date()];
  const expires_at = new Date(revoked_at.getTime() + lifetime);
  const reason = 'logout';
  return { _id, kind, user_id, reason, revoked_by: user_id, revoked_at, expires_at, writes: 1 };
}

/** Makes a user's entry after a revoke-all an hour ago. */
function makeCutoffEntry(user_id: string): Entry {
  const revoked_at = tokens.cutoff();
  const by = { reason: 'revoke_all', revoked_by: user_id } as const;
  const times = { revoked_at, revoked_before: revoked_at };
  return { _id: userEntry(user_id), kind: 'user', user_id, ...by, ...times, writes: 1 };
}
