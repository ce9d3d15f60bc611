import { randomUUID } from 'node:crypto';
import test from 'ava';
import { StoreUnavailable } from '../../lib/errors.ts';
import { createUsers } from '../../lib/store/users.ts';
import { SECOND } from '../../lib/time.ts';
import { migratedDatabase } from '../helpers/database.ts';

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
  t.is(await users.readAgain(randomUUID()), undefined);
});

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

test("readAgain tells the account as it is now, and the database's time", async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(ann());
  await collections.users.updateOne({ _id: id }, { $set: { password_hash: 'hash-2' } });
  const again = await users.readAgain(id);
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

test('a document that the validator refuses is StoreUnavailable, not a user', async (t) => {
  const { collections } = await migratedDatabase(t);
  const broken = { ...ann(), name: undefined as unknown as string };
  await t.throwsAsync(createUsers(collections).create(broken), { instanceOf: StoreUnavailable });
  t.is(await collections.users.countDocuments(), 0);
});
