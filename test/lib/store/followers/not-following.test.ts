import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { FollowerDeps } from '../../../../lib/store/followers/follower.ts';
import { createFollowerLog } from '../../../../lib/store/followers/follower-log.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import type { Db } from '../../../../lib/store/mongo/database.ts';
import { MINUTE } from '../../../../lib/time.ts';
import {
  migratedDatabase,
  migrateNow,
  openDatabase,
  schema3Database,
} from '../../../helpers/database.ts';
import { underFault } from '../../../helpers/failpoint.ts';
import type { Scope } from '../../../helpers/scope.ts';
import { openFollower, until } from './open-follower.ts';

/** A lease after which a follower soon tries again. */
const LEASE = 100;

/** Starts a follower that cannot follow. Returns the reason, after several tries, and what was logged. */
async function startHindered(t: Scope, db: Db, options: Partial<FollowerDeps> = {}) {
  const logged: string[] = [];
  const warn = (_: object, message: string) => void logged.push(message);
  const logEvent = createFollowerLog({ warn, error: warn });
  const reasons: string[] = [];
  const opened = openFollower(t, db, {
    lease: LEASE,
    ...options,
    onEvent(event) {
      logEvent(event);
      if (event.type === 'hindered') reasons.push(event.reason);
    },
  });
  opened.follower.start();
  await until('Several tries', () => reasons.length >= 3);
  return { follower: opened.follower, logged, reason: reasons[0] ?? '' };
}

/** Returns the only line of the log. */
function line(reason: string): readonly string[] {
  return [`This server does not follow, so every check reads the database. ${reason}`];
}

test('a server with a small pool does not follow', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { db } = openDatabase(t, uri, { deadline: MINUTE, maxPoolSize: 4 });
  const { follower, logged, reason } = await startHindered(t, db);
  t.regex(reason, /maxPoolSize is below 5/);
  t.deepEqual(logged, line(reason));
  t.is(follower.status().hindrance?.reason, reason);
  t.false(follower.holds());
  t.is(await collections.followers.countDocuments(), 0);
});

test('a server whose deadline is too short for its lease does not follow', async (t) => {
  const { db } = await migratedDatabase(t);
  const { logged, reason } = await startHindered(t, db, { deadline: 1_100 });
  t.regex(reason, /deadline is too short/);
  t.deepEqual(logged, line(reason));
});

test('a server follows as soon as the schema is migrated', async (t) => {
  const { db } = await schema3Database(t);
  const { follower, logged, reason } = await startHindered(t, db);
  t.regex(reason, /schema is at version 3/);
  t.deepEqual(logged, line(reason));
  await migrateNow(db);
  await until('A lease', follower.holds);
  await until('A registration', () => follower.read(async () => 1));
  t.is(follower.status().hindrance, undefined);
});

for (const kind of ['standalone', 'sharded'] as const) {
  test(`a server does not follow on a deployment that is ${kind}`, async (t) => {
    const { db } = await migratedDatabase(t);
    const deployment = async () => ({ kind, hasSeveralVoters: false, warnings: [] });
    const { reason } = await startHindered(t, db, { strictReads: { deployment } });
    t.regex(reason, kind === 'standalone' ? /standalone/ : /mongos/);
  });
}

test('a server does not follow where a read does not wait for a cluster time', async (t) => {
  const { db } = await migratedDatabase(t);
  const { followers: real } = openCollections(db);
  const followers = new Proxy(real, {
    get: (it, name) =>
      name === 'findOne' ? async () => null : Reflect.get(it, name, it)?.bind?.(it),
  });
  const { reason } = await startHindered(t, db, { collections: { followers } });
  t.regex(reason, /ignores afterClusterTime/);
});

for (const [what, failCommands] of [
  ['follow changes', ['aggregate']],
  ['write followers', ['update']],
] as const) {
  test.serial(
    `a server that may not ${what} says so once, and follows as soon as it may`,
    async (t) => {
      const { uri } = await migratedDatabase(t);
      const appName = `rescind-test-${randomUUID()}`;
      const { db } = openDatabase(t, uri, { deadline: MINUTE, appName });
      const fault = { mode: { skip: 0 }, failCommands, appName, errorCode: 13 } as const;
      const { follower, logged, reason } = await underFault(fault, () => startHindered(t, db));
      t.regex(reason, /Grant this user the role/);
      t.deepEqual(logged, line(reason));
      await until('A lease', follower.holds);
    },
  );
}
