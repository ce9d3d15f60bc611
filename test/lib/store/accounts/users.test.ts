import { randomUUID } from 'node:crypto';
import test from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { createUsers, type Users } from '../../../../lib/store/accounts/users.ts';
import type { StrictReader } from '../../../../lib/store/mongo/strict-reads.ts';
import { SECOND } from '../../../../lib/time.ts';
import type { User } from '../../../../lib/user.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { notedClient } from '../../../helpers/noted-client.ts';

function ann() {
  return {
    email: 'ann@example.com',
    name: 'Ann',
    companyId: 'company-1',
    roles: ['admin', 'auditor'],
    passwordHash: 'hash-1',
  };
}

test('a created user is found by id and by e-mail address', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { passwordHash, ...rest } = ann();
  const user = await users.create(ann());
  t.deepEqual(user, { ...rest, id: user.id, disabled: false });
  t.deepEqual(await users.find(user.id), user);
  t.deepEqual(await users.findAccount('ann@example.com'), { ...user, passwordHash });
});

test('only an account holds the password hash, and find does not even read it', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  t.false(JSON.stringify(await users.find(id)).includes('hash-1'));
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: new Date() } });
  t.true((await users.find(id))?.disabled);
  t.true((await users.findAccount('ann@example.com'))?.disabled);
});

test('unknown users are undefined', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  await users.create(ann());
  t.is(await users.find(randomUUID()), undefined);
  t.is(await users.findAccount('bob@example.com'), undefined);
  t.is(await users.readWithTime(randomUUID()), undefined);
});

const reads: Readonly<Record<string, (users: Users, user: User) => Promise<unknown>>> = {
  find: (users, { id }) => users.find(id),
  findAccount: (users, { email }) => users.findAccount(email),
  readWithTime: (users, { id }) => users.readWithTime(id),
};

for (const [name, read] of Object.entries(reads)) {
  test(`${name} reads at the level that a strict read gives, and rejects where that rejects`, async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    const user = await createUsers(collections).create(ann());
    const noted = await notedClient(t, uri);
    const linearizable: StrictReader = { read: (find) => find('linearizable') };
    t.truthy(await read(createUsers(noted.collections, linearizable), user));
    t.deepEqual(noted.levels.splice(0), ['linearizable']);
    const refusal = new StoreUnavailable('The primary changed during the read');
    const rejecting: StrictReader = {
      async read(find) {
        await find('local');
        throw refusal;
      },
    };
    await t.throwsAsync(read(createUsers(collections, rejecting), user), { is: refusal });
  });
}

test('a second user of an e-mail address is refused, also of 20 at once', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => users.create(ann())));
  const refused = results.filter((result) => result.status === 'rejected');
  t.is(refused.length, 19);
  for (const { reason } of refused) {
    t.like(reason, { name: 'AuthError', code: 'email_taken' });
    t.false(String(reason.message).includes('ann@'));
  }
  t.is(await collections.users.countDocuments(), 1);
});

test("readWithTime returns the account as it is now, and the database's time", async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  await collections.users.updateOne({ _id: id }, { $set: { password_hash: 'hash-2' } });
  const again = await users.readWithTime(id);
  t.is(again?.account.passwordHash, 'hash-2');
  const { localTime } = await db.command({ hello: 1 });
  t.true(Math.abs(Number(again?.now) - localTime) < 10 * SECOND);
});

test('a hash is replaced only where the old one still stands', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  const before = await collections.users.findOne({ _id: id });
  t.false(await users.replaceHash(id, 'another', 'hash-2'));
  t.deepEqual(await collections.users.findOne({ _id: id }), before);

  t.true(await users.replaceHash(id, 'hash-1', 'hash-2'));
  const after = await collections.users.findOne({ _id: id });
  t.is(after?.password_hash, 'hash-2');
  t.deepEqual(after?.password_changed_at, before?.password_changed_at);
  t.true(Number(after?.updated_at) >= Number(before?.updated_at));

  const race = ['a', 'b', 'c', 'd'].map((next) => users.replaceHash(id, 'hash-2', next));
  t.is((await Promise.all(race)).filter(Boolean).length, 1);
});

test('a password is changed only where the old hash still stands and the user is not disabled', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  const before = await collections.users.findOne({ _id: id });
  t.false(await users.changePassword(id, 'another', '$hash-2'));
  t.true(await users.disable(id));
  t.false(await users.changePassword(id, 'hash-1', '$hash-2'));
  t.true(await users.enable(id));
  t.like(await collections.users.findOne({ _id: id }), {
    password_hash: 'hash-1',
    password_changed_at: before?.password_changed_at,
  });

  t.true(await users.changePassword(id, 'hash-1', '$hash-2'));
  const after = await collections.users.findOne({ _id: id });
  t.is(after?.password_hash, '$hash-2', 'a hash is no name of a field');
  t.true(Number(after?.password_changed_at) > Number(before?.password_changed_at));
  const race = ['a', 'b', 'c', 'd'].map((next) => users.changePassword(id, '$hash-2', next));
  t.is((await Promise.all(race)).filter(Boolean).length, 1);
});

test('a password is set whatever stood there, also for a disabled user', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  await users.disable(id);
  for (const hash of ['$2b$hash', '$2b$hash']) t.true(await users.setPassword(id, hash));
  t.is((await users.findAccount('ann@example.com'))?.passwordHash, '$2b$hash');
});

test('who is disabled again stays disabled since the first time, until enabled', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  const since = async () => (await collections.users.findOne({ _id: id }))?.disabled_at;
  t.true(await users.disable(id));
  const first = await since();
  t.true(first instanceof Date);
  t.true(await users.disable(id));
  t.deepEqual(await since(), first);
  for (let time = 1; time <= 2; time++) {
    t.true(await users.enable(id));
    t.is(await since(), null);
  }
});

test('of an unknown user nothing can be set', async (t) => {
  const users = createUsers((await migratedDatabase(t)).collections);
  const id = randomUUID();
  t.deepEqual(
    await Promise.all([
      users.setPassword(id, 'hash'),
      users.changePassword(id, 'hash', 'hash-2'),
      users.disable(id),
      users.enable(id),
    ]),
    [false, false, false, false],
  );
});

test('a document that the validator refuses is StoreUnavailable, not a user', async (t) => {
  const { collections } = await migratedDatabase(t);
  const broken = { ...ann(), name: undefined as unknown as string };
  await t.throwsAsync(createUsers(collections).create(broken), { instanceOf: StoreUnavailable });
  t.is(await collections.users.countDocuments(), 0);
});
