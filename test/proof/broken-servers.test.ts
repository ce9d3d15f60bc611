/** Servers in which one part is replaced by a worse one. The checker must catch each of them. */
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { MongoClient, ReadPreference } from 'mongodb';
import { assemble } from '../../lib/auth.ts';
import { type AuthParts, openParts } from '../../lib/parts.ts';
import { createUsers } from '../../lib/store/accounts/users.ts';
import {
  NAMES,
  openCollections,
  type RevocationDocument,
} from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { createSchema } from '../../lib/store/mongo/schema-document.ts';
import { localReads } from '../../lib/store/mongo/strict-reads.ts';
import { createRevocationReads, type RevocationKind } from '../../lib/store/revocations/reads.ts';
import { createRevocations } from '../../lib/store/revocations/revocations.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { emptyDatabase, openDatabase, type TestDatabase } from '../helpers/database.ts';
import { ownMongod, proxiedMongod } from '../helpers/mongod.ts';
import { createCommandTap } from '../helpers/proxy/command-tap.ts';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import { revocationsOn } from '../helpers/revocations-on.ts';
import { serveAuth } from '../helpers/server.ts';
import { ownReplicaSet } from '../helpers/set/replica-set.ts';
import { deposePrimary } from '../helpers/set/split-brain.ts';
import { type Breach, findBreaches } from './checker.ts';
import { isFeed } from './faults/followers.ts';
import type { Operation } from './history.ts';
import { OPTIONS, openLibrary, openSessions } from './library.ts';
import { UNWRITTEN } from './races/deployment.ts';
import { type ClientSession, request, type Server } from './requests.ts';
import { countOperations, NEVER } from './tally.ts';
import { feed, startTraffic, stopTraffic } from './traffic.ts';
import { sweep } from './until-decided.ts';

type Break = (parts: AuthParts, db: Db) => AuthParts;

const intact: Break = (parts) => parts;

/** Finds no token to be revoked. */
const withoutCheck: Break = (parts) => withCheck(parts, async () => undefined);

/** Remembers the result of a check for a second. */
const withMemory: Break = (parts) => {
  const { check } = parts.revocations;
  const remembered = new Map<string, { at: number; kind: RevocationKind | undefined }>();
  return withCheck(parts, async (token) => {
    const key = token.hash ?? token.sessionId;
    const known = remembered.get(key);
    if (known !== undefined && performance.now() - known.at < SECOND) return known.kind;
    const kind = await check(token);
    remembered.set(key, { at: performance.now(), kind });
    return kind;
  });
};

/** Reads revocations from another member of the set. */
function withReadsFrom(member: Db): Break {
  const options = { readPreference: ReadPreference.secondary };
  const revokedTokens = member.collection<RevocationDocument>(NAMES.revokedTokens, options);
  return (parts) => withCheck(parts, createRevocationReads({ revokedTokens }, parts.schema).check);
}

/** Reads locally, as if one member alone voted. */
const withLocalReads: Break = (parts, db) => {
  const collections = openCollections(db);
  const schema = createSchema(collections, localReads);
  return {
    ...parts,
    revocations: createRevocations(collections, schema, Date.now, localReads),
    users: createUsers(collections, localReads),
  };
};

/** Sends the revocation of a logout without waiting for an acknowledgement. */
const withoutAcknowledgement: Break = (parts) => {
  const { revokeTokenAndSession } = parts.revocations;
  const send = async (...input: Parameters<typeof revokeTokenAndSession>) => {
    revokeTokenAndSession(...input).catch(() => undefined);
    return UNWRITTEN;
  };
  return { ...parts, revocations: { ...parts.revocations, revokeTokenAndSession: send } };
};

/** Answers a revocation as soon as it is acknowledged, without waiting for other servers. */
const withoutSettling: Break = (parts) => {
  const settle = async () => ({ followers: 0, reached: 0, silent: [], duration: 0 });
  return { ...parts, followers: { ...parts.followers, settle } };
};

function withCheck(parts: AuthParts, check: AuthParts['revocations']['check']): AuthParts {
  return { ...parts, revocations: { ...parts.revocations, check } };
}

interface Deployment extends Pick<TestDatabase, 'uri' | 'db'> {
  readonly change: Break;
  /** Each server has a client of its own, and follows. Default false: they share `db`. */
  readonly isFollowing?: boolean;
}

/** Opens a library on the database, and a server with the broken parts under each name. */
async function openBroken(
  t: ExecutionContext,
  { uri, db: shared, change, isFollowing = false }: Deployment,
  names: readonly string[],
) {
  t.timeout(10 * MINUTE);
  const secret = generateSecret();
  const library = await openLibrary(t, uri, secret);
  const servers: Server[] = [];
  for (const name of names) {
    const db = isFollowing ? openDatabase(t, uri).db : shared;
    const follow = isFollowing ? 'auto' : 'off';
    const parts = await openParts({ db, secrets: [secret], ...OPTIONS, follow });
    const auth = assemble(change(parts, db));
    t.teardown(() => auth.close());
    if (isFollowing) await waitFor('A lease', () => auth.follow());
    servers.push({ name, url: await serveAuth(t, auth), follows: isFollowing });
  }
  const history: Operation[] = [];
  return { library, servers, history };
}

/**
 * Checks the traffic on two such servers once 15 revocations have been acknowledged and, where they are
 * expected, breaches were seen: on a busy machine a logout may take longer than a second, and then nothing
 * is remembered any more.
 */
async function checkTraffic(
  t: ExecutionContext,
  deployment: Deployment,
  isBroken: boolean,
): Promise<Breach[]> {
  const { library, servers, history } = await openBroken(t, deployment, ['A', 'B']);
  const traffic = startTraffic(history, servers);
  t.teardown(() => stopTraffic(traffic));
  const sessions = await openSessions(library, history, { users: 20, each: 5 });
  feed(traffic, sessions, 1_000);
  const isEnough = () =>
    countOperations(history, NEVER).acknowledged >= 15 &&
    (!isBroken || countLosses(findBreaches(history)) > 0);
  await waitFor('Enough traffic', isEnough, { timeout: 8 * MINUTE, interval: 100 });
  await stopTraffic(traffic);
  t.log(countOperations(history, NEVER));
  return findBreaches(history);
}

async function assertCaught(t: ExecutionContext, deployment: Deployment): Promise<void> {
  const losses = countLosses(await checkTraffic(t, deployment, true));
  t.log(`${losses} tokens were accepted after their revocation`);
  t.true(losses > 0);
}

function countLosses(breaches: readonly Breach[]): number {
  return breaches.filter(({ rule }) => rule === 'lost').length;
}

test('two intact servers break no promise', async (t) => {
  t.deepEqual(await checkTraffic(t, { ...emptyDatabase(t), change: intact }, false), []);
});

for (const [title, change] of [
  ['servers that check nothing are caught', withoutCheck],
  ['servers that remember an answer for a second are caught', withMemory],
] as const) {
  test(title, (t) => assertCaught(t, { ...emptyDatabase(t), change }));
}

test('two intact servers that follow break no promise', async (t) => {
  const deployment = { ...emptyDatabase(t), change: intact, isFollowing: true };
  t.deepEqual(await checkTraffic(t, deployment, false), []);
});

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
  const mongod = await ownMongod(t);
  const client = new MongoClient(mongod.uri, { monitorCommands: true, retryWrites: false });
  t.teardown(() => client.close());
  const deployment = { uri: mongod.uri, db: client.db(), change };
  const { library, servers, history } = await openBroken(t, deployment, ['A']);
  const [server] = servers;
  const [session] = await openSessions(library, history, { users: 1, each: 1 });
  if (server === undefined || session === undefined) throw new Error('Nothing was opened');
  const connection = { client: 'c1', server };
  t.is((await request(history, connection, 'me', session))?.status, 200);
  const isFrozen = new Promise<void>((resolve) => {
    client.on('commandStarted', ({ command }) => {
      if (command['update'] !== NAMES.revokedTokens) return;
      mongod.freeze(); // before the command is on the wire
      resolve();
    });
  });
  const loggedOut = request(history, connection, 'logout', session);
  await isFrozen;
  await pause(500);
  client.removeAllListeners('commandStarted');
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

/**
 * Asks a server that reaches only the primary that was cut off, once another primary has a revocation. Where breaches
 * are expected, cuts off again while none was seen: on a busy machine the old primary may step down before it is asked.
 */
async function checkCutOff(
  t: ExecutionContext,
  change: Break,
  isBroken: boolean,
): Promise<Breach[]> {
  const set = await ownReplicaSet(t, { electionTimeoutMillis: 20_000 });
  const client = new MongoClient(set.uri);
  t.teardown(() => client.close());
  const deployment = { uri: set.uri, db: client.db('rescind'), change };
  const { library, servers, history } = await openBroken(t, deployment, ['A']);
  const [server] = servers;
  if (server === undefined) throw new Error('Nothing was opened');
  const connection = { client: 'c1', server };
  for (let tries = 0; tries < 10; tries++) {
    const [session] = await openSessions(library, history, { users: 1, each: 1 });
    if (session === undefined) throw new Error('Nothing was opened');
    await sweep(history, [server], [session]);
    const { port } = await deposePrimary(set, (old) => {
      set.reachOnly(process.pid, old);
      set.cutOff(old);
    });
    history.push(await logOutAt(t, port, session));
    const answer = await request(history, connection, 'me', session);
    t.log(`After the logout elsewhere: ${answer?.status}`);
    await set.heal();
    if (!isBroken || countLosses(findBreaches(history)) > 0) break;
  }
  return findBreaches(history);
}

/** Revokes a session at the member with this port, which is the primary. */
async function logOutAt(
  t: ExecutionContext,
  port: number,
  { id, user }: ClientSession,
): Promise<Operation> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/rescind?directConnection=true`);
  t.teardown(() => client.close());
  const start = performance.now();
  const revoked = { sessionId: id, userId: user.id, reason: 'test', revokedBy: 'test' };
  await revocationsOn(openCollections(client.db())).revokeSessions([revoked]);
  const names = { client: 'library', server: 'library', user: user.id, session: id };
  const answer = { status: 200, session: id };
  return { kind: 'logout', ...names, start, end: performance.now(), answer };
}

const onLinux = tellsOwners ? test : test.skip;

onLinux('a server that reads locally is caught behind a primary that was cut off', async (t) => {
  const breaches = await checkCutOff(t, withLocalReads, true);
  t.true(countLosses(breaches) > 0);
});

onLinux('an intact server breaks no promise behind a primary that was cut off', async (t) => {
  t.deepEqual(await checkCutOff(t, intact, false), []);
});

/**
 * Logs out at one server while the feeds of both are held back, and asks the other, which knows the token. Where
 * breaches are expected, tries again while none was seen: on a busy machine the lease may end before the other is asked.
 */
async function checkHeldFeeds(
  t: ExecutionContext,
  change: Break,
  isBroken: boolean,
): Promise<Breach[]> {
  const tap = createCommandTap();
  const { uri } = await proxiedMongod(t, { openRelay: tap.openRelay });
  const deployment = { ...openDatabase(t, uri), change, isFollowing: true };
  const { library, servers, history } = await openBroken(t, deployment, ['A', 'B']);
  const [A, B] = servers;
  if (A === undefined || B === undefined) throw new Error('Nothing was opened');
  for (let tries = 0; tries < 10; tries++) {
    const sessions = await openSessions(library, history, { users: 1, each: 1 });
    const [session] = sessions;
    if (session === undefined) throw new Error('Nothing was opened');
    await sweep(history, servers, sessions);
    let held = 0;
    const unlisten = tap.listen((command) => {
      if (isFeed(command)) held++;
    });
    tap.hold({ pid: process.pid, command: isFeed });
    // A command that is under way brings the next event: it has to be answered, as by the next renewal, first.
    await waitFor('Both feeds to be held', () => held === servers.length);
    unlisten();
    await request(history, { client: 'c1', server: A }, 'logout', session);
    await request(history, { client: 'c1', server: B }, 'me', session);
    tap.release();
    if (!isBroken || countLosses(findBreaches(history)) > 0) break;
  }
  return findBreaches(history);
}

onLinux('a server that follows and does not wait for the others is caught', async (t) => {
  t.true(countLosses(await checkHeldFeeds(t, withoutSettling, true)) > 0);
});

onLinux('a server that waits for the others breaks no promise while their feeds lag', async (t) => {
  t.deepEqual(await checkHeldFeeds(t, intact, false), []);
});
