import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { DAY, MINUTE, SECOND } from '../../../../lib/time.ts';
import { CALLER, testAuth } from '../../../helpers/auth.ts';
import { migratedDatabase, migrateNow } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';
import { addUser, PASSWORD } from '../../../helpers/users.ts';

const LOST: Readonly<Record<string, (collections: Collections) => Promise<unknown>>> = {
  dropped: ({ revokedTokens }) => revokedTokens.drop(),
  emptied: ({ revokedTokens }) => revokedTokens.deleteMany({}),
};

for (const [lost, lose] of Object.entries(LOST)) {
  test(`re-creating ${lost} revoked_tokens never un-revokes, and new logins work`, async (t) => {
    const { auth, db, collections } = await testAuth(t);
    const { email } = await addUser(collections);
    const logIn = async () => (await auth.login({ email, password: PASSWORD }, CALLER)).accessToken;
    const authenticate = (token: string) => auth.authenticate({ token }, CALLER);
    const [revoked, living] = [await logIn(), await logIn()];
    await auth.logout({ token: revoked }, CALLER);
    await t.throwsAsync(authenticate(revoked), { code: 'token_revoked' });

    await lose(collections);
    for (const token of [revoked, living]) {
      const error = await t.throwsAsync(authenticate(token), { instanceOf: StoreUnavailable });
      t.regex(error?.message ?? '', /Migrate the database/);
    }
    await t.throwsAsync(logIn(), { instanceOf: StoreUnavailable });

    await migrateNow(db);
    for (const token of [revoked, living]) {
      await t.throwsAsync(authenticate(token), { code: 'user_tokens_revoked' });
    }
    await t.notThrowsAsync(authenticate(await logIn()));
  });
}

test("a new database's cutoff is 20 minutes from now", async (t) => {
  const { collections } = await migratedDatabase(t);
  assertAbout(t, await cutoff(collections), Date.now() + 20 * MINUTE);
});

test("the sentinel's cutoff is the newest session's stamp where that is later", async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const newest = Date.now() + 2 * DAY;
  for (const stamp of [newest - DAY, newest, newest - 1]) await addSession(collections, stamp);
  await collections.revokedTokens.deleteMany({});
  await migrateNow(db);
  t.is(await cutoff(collections), newest);
});

test("a lost sentinel's cutoff is a day from now where every session's stamp is earlier", async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await addSession(collections, Date.now() - DAY);
  await collections.revokedTokens.deleteMany({});
  await migrateNow(db);
  assertAbout(t, await cutoff(collections), Date.now() + DAY);
});

test('a sentinel without an epoch is completed, and its cutoff never moves back', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const revoked_before = new Date(Date.now() + 2 * DAY);
  await db.command({ collMod: 'revoked_tokens', validator: {} });
  await collections.revokedTokens.replaceOne(
    { _id: SENTINEL },
    { kind: 'deployment', revoked_at: new Date(), writes: 1, revoked_before },
  );
  await migrateNow(db);
  t.is(await cutoff(collections), revoked_before.getTime());
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
  await t.notThrowsAsync(revocationsOn(collections).cutoffs(randomUUID()));
});

test('migrating again never moves the cutoff or the epoch of a sentinel', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const before = await collections.revokedTokens.findOne({ _id: SENTINEL });
  await addSession(collections, Date.now() + DAY);
  await migrateNow(db);
  t.deepEqual(await collections.revokedTokens.findOne({ _id: SENTINEL }), before);
});

test('one migrate mends a lost schema document: the database works, and is not in its own way', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await collections.schema.deleteMany({});
  await migrateNow(db);
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
  await t.notThrowsAsync(revocationsOn(collections).cutoffs(randomUUID()));
});

async function cutoff({ revokedTokens }: Collections): Promise<number> {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  return sentinel?.revoked_before?.getTime() ?? Number.NaN;
}

function assertAbout(t: ExecutionContext, actual: number, expected: number) {
  t.true(Math.abs(actual - expected) < 30 * SECOND, `${new Date(actual)}`);
}

async function addSession({ sessions }: Collections, stamp: number) {
  const now = new Date();
  await sessions.insertOne({
    _id: randomUUID(),
    user_id: randomUUID(),
    stamp: new Date(stamp),
    auth_time: now,
    expires_at: new Date(Date.now() + DAY),
    ends_at: now,
    last_used_at: now,
    user_agent: null,
    ip: '192.0.2.1',
  });
}
