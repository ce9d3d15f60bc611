import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { emptyDatabase, type TestDatabase } from '../helpers/database.ts';
import { ownMongod } from '../helpers/own-mongod.ts';
import { ownReplicaSet } from '../helpers/replica-set.ts';
import {
  type Break,
  intact,
  serveBroken,
  withMemory,
  withoutAcknowledgement,
  withoutCheck,
  withReadsFrom,
} from './broken-servers.ts';
import { type Breach, findBreaches } from './checker.ts';
import { prepare } from './deployment.ts';
import { createRecorder } from './history.ts';
import { createRequests } from './requests.ts';
import { sweep } from './sweep.ts';
import { tallyOf } from './tally.ts';
import { startTraffic } from './traffic.ts';

const NEVER = { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** What the checker says of traffic on two such servers, until 15 revocations have been acknowledged. */
async function breachesOf(
  t: ExecutionContext,
  change: Break,
  { uri, db }: Pick<TestDatabase, 'uri' | 'db'> = emptyDatabase(t),
): Promise<Breach[]> {
  t.timeout(2 * MINUTE);
  const secret = generateSecret();
  const library = await prepare(t, uri, secret);
  const servers = [
    await serveBroken(t, { name: 'A', db, secret, change }),
    await serveBroken(t, { name: 'B', db, secret, change }),
  ];
  const recorder = createRecorder();
  const traffic = startTraffic({ recorder, servers });
  t.teardown(() => traffic.stop());
  traffic.feed(await library.openSessions(recorder, 4, 5), 15, 1);
  while (tallyOf(recorder.history, NEVER).acknowledged < 15) await pause(20);
  await traffic.stop();
  t.log(tallyOf(recorder.history, NEVER));
  return findBreaches(recorder.history);
}

test('two intact servers break no promise', async (t) => {
  t.deepEqual(await breachesOf(t, intact), []);
});

for (const [title, change] of [
  ['servers that check nothing are caught', withoutCheck],
  ['servers that remember an answer for a second are caught', withMemory],
] as const) {
  test(title, async (t) => {
    const breaches = await breachesOf(t, change);
    t.log(`${breaches.length} tokens were accepted after their revocation`);
    t.true(breaches.length > 0);
    t.deepEqual(new Set(breaches.map(({ rule }) => rule)), new Set(['lost']));
  });
}

test('servers that read from a delayed secondary are caught', async (t) => {
  t.timeout(2 * MINUTE);
  const delayed = { priority: 0, votes: 0, hidden: true, secondaryDelaySecs: 2 };
  const set = await ownReplicaSet(t, { members: [{}, delayed] });
  const client = new MongoClient(set.uri);
  const direct = `mongodb://127.0.0.1:${set.members[1]?.port}/?directConnection=true`;
  const late = new MongoClient(direct);
  t.teardown(() => Promise.all([client.close(), late.close()]));
  const database = { uri: set.uri, db: client.db('rescind') };
  const change = withReadsFrom(late.db('rescind'));
  const breaches = await breachesOf(t, change, database);
  t.log(`${breaches.length} tokens were accepted after their revocation`);
  t.true(breaches.length > 0);
  t.deepEqual(new Set(breaches.map(({ rule }) => rule)), new Set(['lost']));
});

/** A logout whose write is on its way to a mongod that has just been frozen, and is then killed. */
async function breachesOfLostWrite(t: ExecutionContext, change: Break): Promise<Breach[]> {
  t.timeout(2 * MINUTE);
  const mongod = await ownMongod(t);
  const secret = generateSecret();
  const library = await prepare(t, mongod.uri, secret);
  const client = new MongoClient(mongod.uri, { monitorCommands: true });
  t.teardown(() => client.close());
  const server = await serveBroken(t, { name: 'A', db: client.db(), secret, change });
  const recorder = createRecorder();
  const requests = createRequests(recorder);
  const way = { client: 'c1', server };
  const [session] = await library.openSessions(recorder, 1, 1);
  if (session === undefined) throw new Error('No session was opened');
  t.is((await requests.me(way, session))?.status, 200);
  const isFrozen = new Promise<void>((resolve) => {
    client.on('commandStarted', ({ command }) => {
      if (command['update'] !== 'revoked_tokens') return;
      mongod.freeze(); // before the command is on the wire
      resolve();
    });
  });
  const loggedOut = requests.logout(way, session);
  await isFrozen;
  await pause(500);
  client.removeAllListeners('commandStarted'); // the driver may send it again
  await mongod.kill();
  await mongod.restart();
  t.log(`The logout was answered ${(await loggedOut)?.status}`);
  t.is(await sweep(recorder, [server], [session]), 0);
  return findBreaches(recorder.history);
}

test('a server that does not wait for its writes is caught when MongoDB is killed', async (t) => {
  const breaches = await breachesOfLostWrite(t, withoutAcknowledgement);
  t.deepEqual(
    breaches.map(({ rule }) => rule),
    ['lost'],
  );
});

test('a server that waits for its writes breaks no promise when MongoDB is killed', async (t) => {
  t.deepEqual(await breachesOfLostWrite(t, intact), []);
});
