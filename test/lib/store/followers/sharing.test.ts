import test from 'ava';
import type { FollowerEvent } from '../../../../lib/store/followers/events.ts';
import { type FollowersOptions, openFollowers } from '../../../../lib/store/followers/followers.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import type { Db } from '../../../../lib/store/mongo/database.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase, openDatabase } from '../../../helpers/database.ts';
import type { Scope } from '../../../helpers/scope.ts';
import { LONG, revokeSession, until } from './open-follower.ts';

function open(t: Scope, db: Db, options: Partial<FollowersOptions> = {}) {
  const defaults = { follow: 'auto', lease: LONG, deadline: MINUTE, onEvent: () => {} } as const;
  const followers = openFollowers(db, openCollections(db), { ...defaults, ...options });
  t.teardown(followers.close);
  return followers;
}

/** Reads so that the result may be remembered. */
function read({ read }: ReturnType<typeof openFollowers>) {
  return read(async () => 'found');
}

test('those of one client and database share a document, and the last one that closes deletes it', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const [a, b] = [open(t, db), open(t, db.client.db(db.databaseName))];
  t.true(await a.startNow(MINUTE));
  t.true(await b.startNow(MINUTE));
  await until('A registration', () => read(b));
  t.is(await collections.followers.countDocuments(), 1);
  await a.close();
  await a.close();
  t.false(a.holds());
  t.true(b.holds());
  t.is(await read(a), undefined);
  t.is(await collections.followers.countDocuments(), 1);
  await b.close();
  t.is(await collections.followers.countDocuments(), 0);
  const c = open(t, db);
  t.true(await c.startNow(MINUTE), 'whoever comes later follows anew');
});

test('another client, and another database of the same client, have a document of their own', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  const other = await migratedDatabase(t);
  const all = [
    open(t, db),
    open(t, openDatabase(t, uri).db),
    open(t, db.client.db(other.db.databaseName)),
  ];
  for (const followers of all) t.true(await followers.startNow(MINUTE));
  t.is(await collections.followers.countDocuments(), 2);
  t.is(await other.collections.followers.countDocuments(), 1);
});

test('who does not follow remembers nothing beside one that follows, and waits for it', async (t) => {
  const { db } = await migratedDatabase(t);
  const [off, auto] = [open(t, db, { follow: 'off' }), open(t, db)];
  t.false(await off.startNow(MINUTE));
  t.true(await auto.startNow(MINUTE));
  await until('A registration', () => read(auto));
  t.false(off.holds());
  t.is(await read(off), undefined);
  t.is(off.status().hindrance?.reason, 'Following is switched off');
  t.like(await off.settle(await revokeSession(db)), { followers: 1, reached: 1 });
});

test('each of those who share gets the events', async (t) => {
  const { db } = await migratedDatabase(t);
  const [mine, other]: [FollowerEvent[], FollowerEvent[]] = [[], []];
  const a = open(t, db, { onEvent: (event) => mine.push(event) });
  void open(t, db, { onEvent: (event) => other.push(event) });
  t.true(await a.startNow(MINUTE));
  await a.settle(await revokeSession(db));
  t.deepEqual(mine, other);
  t.true(mine.some(({ type }) => type === 'settled'));
});
