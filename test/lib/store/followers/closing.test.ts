/** The phases in which an auth may be closed. They take turns, because the timers of the process are watched. */
import test from 'ava';
import { MongoClient } from 'mongodb';
import { type Auth, createAuth } from '../../../../lib/auth.ts';
import { type Collections, openCollections } from '../../../../lib/store/mongo/collections.ts';
import { generateSecret } from '../../../../lib/tokens/keys/secret/rules.ts';
import { CALLER, PATIENT } from '../../../helpers/auth.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { watchHandles } from '../../../helpers/handles.ts';
import type { Scope } from '../../../helpers/scope.ts';
import { count, LONG, openFollower, startFollower, until } from './open-follower.ts';

/** Connects as an application does; a client of `connect` has timers of its own. */
async function plainClient(t: Scope, uri: string): Promise<MongoClient> {
  const client = await new MongoClient(uri).connect();
  t.teardown(() => client.close());
  return client;
}

const GONE = {
  _id: 'gone',
  lease: LONG,
  position: null,
  began: { wall: 0, mono: 0 },
  renewals: 1,
  host: 'nowhere',
  version: 'test',
};

/** Brings an auth into a phase. */
const PHASES: Readonly<Record<string, (auth: Auth, collections: Collections) => Promise<unknown>>> =
  {
    'at once': async (auth) => void auth.follow(60_000),
    'after the insert': async (auth, { followers }) => {
      void auth.follow(60_000);
      await until('The insert', () => followers.findOne());
    },
    'while it follows': (auth) => auth.follow(60_000),
    'while a revocation waits': async (auth, { followers }) => {
      await auth.follow(60_000);
      await followers.insertOne({ ...GONE, renewed_at: new Date() });
      const revoked = auth.admin.revokeEveryone({}, { ...CALLER, actor: 'operator' });
      revoked.catch(() => undefined);
      const wasRevoked = { reason: { $exists: true } };
      await until('The revocation', () =>
        openCollections(followers.db).revokedTokens.findOne(wasRevoked),
      );
    },
  };

for (const [phase, reach] of Object.entries(PHASES)) {
  test.serial(
    `an auth that is closed leaves no timer, listener and document: ${phase}`,
    async (t) => {
      const { uri } = await migratedDatabase(t);
      const [client, observer] = [await plainClient(t, uri), await plainClient(t, uri)];
      const collections = openCollections(observer.db());
      const listeners = () => client.eventNames().map((name) => [name, client.listenerCount(name)]);
      const before = listeners();
      const handles = watchHandles();
      const options = { ...PATIENT, follow: 'auto', followerLease: LONG } as const;
      const auth = await createAuth({ db: client.db(), secrets: [generateSecret()], ...options });
      await reach(auth, collections);
      await auth.close();
      t.deepEqual(await handles.left(), []);
      t.deepEqual(listeners(), before);
      t.is(await collections.followers.countDocuments({ host: { $ne: GONE.host } }), 0);
    },
  );
}

test('a client that its owner closes ends the follower, which may start again on it later', async (t) => {
  const { uri } = await migratedDatabase(t);
  const client = await plainClient(t, uri);
  const { follower, events } = await startFollower(t, client.db());
  await client.close();
  t.false(follower.holds());
  t.is(count(events, 'lapsed'), 0, 'silently');
  await client.connect();
  await until('A registration', () => {
    follower.start();
    return count(events, 'registered') === 2;
  });
  t.pass();
});

test('a follower that starts on a client that its owner closed does not connect it', async (t) => {
  const { uri } = await migratedDatabase(t);
  const client = await plainClient(t, uri);
  const { follower } = openFollower(t, client.db());
  await client.close();
  let connections = 0;
  client.on('connectionCreated', () => connections++);
  follower.start();
  await follower.stop();
  t.is(connections, 0);
});
