import { randomUUID } from 'node:crypto';
import test from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { createClients } from '../../../../lib/store/accounts/clients.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { failingClient } from '../../../helpers/failpoint.ts';

const BILLING = { name: 'billing', secretHash: 'hash-1' };

test('a created client is found by its id, and only by that', async (t) => {
  const { collections } = await migratedDatabase(t);
  const clients = createClients(collections);
  const client = await clients.create(BILLING);
  t.is(client.name, 'billing');
  t.true(Math.abs(Date.now() - client.createdAt.getTime()) < 60_000);
  t.deepEqual(await clients.find(client.id), { ...client, secretHash: 'hash-1' });
  for (const other of [randomUUID(), 'billing', '', client.id.toUpperCase()]) {
    t.is(await clients.find(other), undefined, other);
  }
});

test('two clients may have one name; the list has all, the oldest first, and no secret', async (t) => {
  const { collections } = await migratedDatabase(t);
  const clients = createClients(collections);
  t.deepEqual(await clients.list(), []);
  const made = [];
  for (let n = 0; n < 3; n++) made.push(await clients.create(BILLING));
  const byAge = made.sort(
    (a, b) => Number(a.createdAt) - Number(b.createdAt) || (a.id < b.id ? -1 : 1),
  );
  t.deepEqual(await clients.list(), byAge);
  t.false(JSON.stringify(await clients.list()).includes('hash-1'));
});

test('a deleted client is not found, also by those who have found it before', async (t) => {
  const { collections } = await migratedDatabase(t);
  const here = createClients(collections);
  const there = createClients(collections);
  const client = await here.create(BILLING);
  const other = await here.create(BILLING);
  for (const clients of [here, there]) t.truthy(await clients.find(client.id));
  t.deepEqual(await here.delete(client.id), client);
  for (const clients of [here, there]) t.is(await clients.find(client.id), undefined);
  t.is(await here.delete(client.id), undefined);
  t.deepEqual(await here.list(), [other]);
});

test('a database that does not respond is StoreUnavailable, whatever the command', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { collections, under } = failingClient(t, uri);
  const clients = createClients(collections);
  const fault = {
    mode: { skip: 0 },
    failCommands: ['find', 'insert', 'findAndModify'],
    errorCode: 11600, // InterruptedAtShutdown
  };
  await under(fault, async () => {
    for (const work of [
      () => clients.find(randomUUID()),
      () => clients.list(),
      () => clients.create(BILLING),
      () => clients.delete(randomUUID()),
    ]) {
      await t.throwsAsync(work, { instanceOf: StoreUnavailable });
    }
  });
});
