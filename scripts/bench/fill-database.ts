import { hash, randomBytes } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import type { Collection, Document } from 'mongodb';
import { openCollections, type UserDocument } from '../../lib/store/collections.ts';
import { connect, type Db } from '../../lib/store/database.ts';
import { migrate, planMigration } from '../../lib/store/migrate.ts';
import { DAY, MINUTE } from '../../lib/time.ts';
import type { Detail } from '../dev/progress.ts';
import { cutoff, emailOf, USER_COUNT, userId, usersWithCutoff } from './population.ts';
import { cutoffDocument, logoutDocuments, revokedToken } from './revoked-documents.ts';
import { USUAL_ENTRIES } from './rows.ts';
import type { MintedToken } from './tokens.ts';

/** Every user's password, and the cost of its hash: the lowest allowed, so the most logins a second. */
export const PASSWORD = 'testpassword123';
export const BCRYPT_COST = 10;

/** One for all: making 20,000 would take half an hour. */
const passwordHash = hashSync(PASSWORD, BCRYPT_COST);

const BATCH = 10_000;

/** What a database of the bench holds. */
export interface Filling {
  /** Entries in `revoked_tokens` that no request asks for. */
  readonly entries: number;
  /** Tokens that are sent, and have been revoked. */
  readonly revoked: readonly MintedToken[];
}

/** Migrates an empty database as `rescind migrate` does, and fills it. */
export async function fillDatabase(uri: string, filling: Filling, detail: Detail): Promise<void> {
  const { db, close } = connect(uri, { deadline: 10 * MINUTE });
  try {
    await migrate(await planMigration(db, { auditRetention: 400 * DAY }), () => {});
    await insert(db.collection('users'), USER_COUNT, users);
    await fillRevoked(db, filling, detail);
    if (filling.entries === USUAL_ENTRIES) await fillNaive(db, filling);
    // Else the checkpoint would be written while something is measured.
    await db.admin().command({ fsync: 1 });
  } finally {
    await close();
  }
}

async function fillRevoked(db: Db, { entries, revoked }: Filling, detail: Detail): Promise<void> {
  const { revokedTokens } = openCollections(db);
  const known = [
    ...usersWithCutoff().map(cutoffDocument),
    ...revoked.map(({ hash }) => revokedToken(hash)),
  ];
  await revokedTokens.insertMany(known);
  await insert(
    db.collection('revoked_tokens'),
    entries,
    (_, count) => logoutDocuments(count),
    detail,
  );
}

/** What the naive list of revoked tokens has, under the hash of the whole token in hex. */
async function fillNaive(db: Db, { entries, revoked }: Filling): Promise<void> {
  const tokens = db.collection<{ _id: string }>('naive_revoked_tokens');
  await tokens.insertMany(revoked.map(({ token }) => ({ _id: hash('sha256', token, 'hex') })));
  await insert(tokens as unknown as Collection, entries, (_, count) =>
    Array.from({ length: count }, () => ({ _id: randomBytes(32).toString('hex') })),
  );
  const cutoffs = db.collection<{ _id: string }>('naive_user_cutoffs');
  const revoked_before = cutoff();
  await cutoffs.insertMany(usersWithCutoff().map((_id) => ({ _id, revoked_before })));
}

/** Inserts in large batches; the next one is made while the database works on the last one. */
async function insert(
  collection: Collection,
  count: number,
  make: (first: number, count: number) => object[],
  detail: Detail = () => {},
): Promise<void> {
  const options = {
    ordered: false,
    bypassDocumentValidation: true,
    writeConcern: { w: 1 },
  } as const;
  let underWay: Promise<unknown> = Promise.resolve();
  for (let first = 0; first < count; first += BATCH) {
    const documents = make(first, Math.min(BATCH, count - first)) as Document[];
    await underWay;
    underWay = collection.insertMany(documents, options);
    detail(`${Math.round((100 * first) / count)} %`);
  }
  await underWay;
}

function users(first: number, count: number): UserDocument[] {
  const now = new Date();
  return Array.from({ length: count }, (_, index) => ({
    _id: userId(first + index),
    email: emailOf(first + index),
    company_id: 'testcompany',
    name: 'John Doe',
    roles: [],
    password_hash: passwordHash,
    password_changed_at: now,
    disabled_at: null,
    created_at: now,
    updated_at: now,
  }));
}
