import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { emptyDatabase, type TestDatabase } from '../helpers/database.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { ownReplicaSet } from '../helpers/set/replica-set.ts';
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
import type { Operation } from './history.ts';
import { openLibrary, openSessions } from './library.ts';
import { request } from './requests.ts';
import { sweep } from './sweep.ts';
import { countOperations, NEVER } from './tally.ts';
import { feed, startTraffic, stopTraffic } from './traffic.ts';

/**
 * Checks the traffic on two such servers once 15 revocations have been acknowledged and, where they are
 * expected, breaches were seen: on a busy machine a logout may take longer than a second, and then nothing
 * is remembered any more.
 */
async function checkTraffic(
  t: ExecutionContext,
  { change, isBroken, uri, db }: Variant & Pick<TestDatabase, 'uri' | 'db'>,
): Promise<Breach[]> {
  t.timeout(10 * MINUTE);
  const secret = generateSecret();
  const library = await openLibrary(t, uri, secret);
  const servers = [
    await serveBroken(t, { name: 'A', db, secret, change }),
    await serveBroken(t, { name: 'B', db, secret, change }),
  ];
  const history: Operation[] = [];
  const traffic = startTraffic(history, servers);
  t.teardown(() => stopTraffic(traffic));
  const sessions = await openSessions(library, history, { users: 20, each: 5 });
  feed(traffic, sessions, 1_000);
  const isEnough = () =>
    countOperations(history, NEVER).acknowledged >= 15 &&
    (!isBroken || countLosses(findBreaches(history)) > 0);
  while (!isEnough()) await pause(100);
  await stopTraffic(traffic);
  t.log(countOperations(history, NEVER));
  return findBreaches(history);
}

interface Variant {
  readonly change: Break;
  readonly isBroken: boolean;
}

async function assertCaught(
  t: ExecutionContext,
  variant: Pick<Variant, 'change'> & Pick<TestDatabase, 'uri' | 'db'>,
): Promise<void> {
  const losses = countLosses(await checkTraffic(t, { ...variant, isBroken: true }));
  t.log(`${losses} tokens were accepted after their revocation`);
  t.true(losses > 0);
}

function countLosses(breaches: readonly Breach[]): number {
  return breaches.filter(({ rule }) => rule === 'lost').length;
}

test('two intact servers break no promise', async (t) => {
  t.deepEqual(await checkTraffic(t, { ...emptyDatabase(t), change: intact, isBroken: false }), []);
});

for (const [title, change] of [
  ['servers that check nothing are caught', withoutCheck],
  ['servers that remember an answer for a second are caught', withMemory],
] as const) {
  test(title, (t) => assertCaught(t, { ...emptyDatabase(t), change }));
}

test('servers that read from a delayed secondary are caught', async (t) => {
  t.timeout(10 * MINUTE);
  const delayed = { priority: 0, votes: 0, hidden: true, secondaryDelaySecs: 2 };
  const set = await ownReplicaSet(t, { members: [{}, delayed] });
  const client = new MongoClient(set.uri);
  const direct = `mongodb://127.0.0.1:${set.members[1]?.port}/?directConnection=true`;
  const late = new MongoClient(direct);
  t.teardown(() => Promise.all([client.close(), late.close()]));
  const change = withReadsFrom(late.db('rescind'));
  await assertCaught(t, { uri: set.uri, db: client.db('rescind'), change });
});

/** Checks a logout whose write is sent to a mongod that has just been frozen, and is then killed. */
async function checkLostWrite(t: ExecutionContext, change: Break): Promise<Breach[]> {
  t.timeout(10 * MINUTE);
  const mongod = await ownMongod(t);
  const secret = generateSecret();
  const library = await openLibrary(t, mongod.uri, secret);
  const client = new MongoClient(mongod.uri, { monitorCommands: true });
  t.teardown(() => client.close());
  const server = await serveBroken(t, { name: 'A', db: client.db(), secret, change });
  const history: Operation[] = [];
  const connection = { client: 'c1', server };
  const [session] = await openSessions(library, history, { users: 1, each: 1 });
  if (session === undefined) throw new Error('No session was opened');
  t.is((await request(history, connection, 'me', session))?.status, 200);
  const isFrozen = new Promise<void>((resolve) => {
    client.on('commandStarted', ({ command }) => {
      if (command['update'] !== 'revoked_tokens') return;
      mongod.freeze(); // before the command is on the wire
      resolve();
    });
  });
  const loggedOut = request(history, connection, 'logout', session);
  await isFrozen;
  await pause(500);
  client.removeAllListeners('commandStarted'); // the driver may send it again
  await mongod.kill();
  await mongod.restart();
  t.log(`The logout was answered ${(await loggedOut)?.status}`);
  t.is(await sweep(history, [server], [session]), 0);
  return findBreaches(history);
}

test('a server that does not wait for its writes is caught when MongoDB is killed', async (t) => {
  const breaches = await checkLostWrite(t, withoutAcknowledgement);
  t.deepEqual(
    breaches.map(({ rule }) => rule),
    ['lost'],
  );
});

test('a server that waits for its writes breaks no promise when MongoDB is killed', async (t) => {
  t.deepEqual(await checkLostWrite(t, intact), []);
});
