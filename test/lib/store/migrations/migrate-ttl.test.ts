import test, { type ExecutionContext } from 'ava';
import type { Db } from 'mongodb';
import { planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { DAY } from '../../../../lib/time.ts';
import { migratedDatabase, migrateNow } from '../../../helpers/database.ts';

const TTLS = [
  ['revoked_tokens', 'expires_at', 0],
  ['sessions', 'expires_at', 86_400],
  ['audit_events', 'at', 34_560_000],
  ['login_limits', 'expire', 0],
] as const;

for (const [collection, field, right] of TTLS) {
  test(`a wrong TTL is mended: ${collection}.${field}`, async (t) => {
    const { db } = await migratedDatabase(t);
    const index = { keyPattern: { [field]: 1 }, expireAfterSeconds: 7 };
    await db.command({ collMod: collection, index });
    await assertMended(t, db, collection, field, right);
  });

  test(`a plain index is made a TTL one: ${collection}.${field}`, async (t) => {
    const { db } = await migratedDatabase(t);
    await db.collection(collection).dropIndex(`${field}_1`);
    await db.collection(collection).createIndex({ [field]: 1 });
    await assertMended(t, db, collection, field, right);
  });
}

test('a TTL index of another name is mended where it is', async (t) => {
  const { db } = await migratedDatabase(t);
  const sessions = db.collection('sessions');
  await sessions.dropIndex('expires_at_1');
  await sessions.createIndex({ expires_at: 1 }, { name: 'old_name', expireAfterSeconds: 60 });
  await assertMended(t, db, 'sessions', 'expires_at', 86_400);
  t.false((await listIndexNames(db, 'sessions')).includes('expires_at_1'));
});

test('an index that migrate knows nothing of is left alone', async (t) => {
  const { db } = await migratedDatabase(t);
  await db.collection('users').createIndex({ company_id: 1 });
  await db.collection('audit_events').createIndex({ user_id: 1, at: -1 });
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
  await migrateNow(db);
  t.deepEqual(await listIndexNames(db, 'users'), ['_id_', 'company_id_1', 'email_1']);
});

async function assertMended(
  t: ExecutionContext,
  db: Db,
  collection: string,
  field: string,
  right: number,
) {
  const plan = await planMigration(db, { auditRetention: 400 * DAY });
  t.is(plan.steps.length, 1);
  t.regex(
    plan.steps[0]?.description ?? '',
    new RegExp(`TTL of .* on ${collection} .* to ${right} s`),
  );
  await migrateNow(db);
  const indexes = await db.collection(collection).listIndexes().toArray();
  const ttl = indexes.filter(({ key }) => key[field] === 1);
  t.deepEqual(
    ttl.map(({ expireAfterSeconds }) => expireAfterSeconds),
    [right],
  );
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
}

async function listIndexNames(db: Db, collection: string): Promise<string[]> {
  const indexes = await db.collection(collection).listIndexes().toArray();
  return indexes.map(({ name }) => name).sort();
}
