import test from 'ava';
import { MongoClient } from 'mongodb';
import { ownReplicaSet } from '../helpers/replica-set.ts';

test('try', async (t) => {
  const a = performance.now();
  const set = await ownReplicaSet(t);
  t.log('started', performance.now() - a);
  const client = new MongoClient(set.uri);
  t.teardown(() => client.close());
  const b = performance.now();
  await client
    .db()
    .collection('x')
    .insertOne({}, { writeConcern: { w: 'majority', j: true } });
  t.log('written', performance.now() - b);
  const old = await set.primary();
  const c = performance.now();
  set.cutOff(old);
  const next = await set.primaryAfter(old);
  t.log('elected', performance.now() - c, (await old.ask({ hello: 1 }))['isWritablePrimary']);
  t.not(next, old);
  const d = performance.now();
  await set.heal();
  t.log('healed', performance.now() - d);
  t.is(await set.primary(), next);
});
