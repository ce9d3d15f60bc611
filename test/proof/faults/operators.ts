/** Operations on the database under servers that follow, as operators perform them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createAuth } from '../../../lib/auth.ts';
import { NAMES, type RevocationDocument, SENTINEL } from '../../../lib/store/mongo/collections.ts';
import { HOUR, SECOND } from '../../../lib/time.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { openDatabase } from '../../helpers/database.ts';
import type { Scope } from '../../helpers/scope.ts';
import { sendAs, serveAuth } from '../../helpers/server.ts';
import { FOLLOWING } from '../deployment.ts';
import type { Fault } from '../fault.ts';
import type { Operation } from '../history.ts';
import { OPTIONS, openSessions } from '../library.ts';
import { pickRandom, type Server } from '../requests.ts';
import { isFeed, LEASE, NODE_DEFAULTS, type Node, openNode } from './followers.ts';

export type Target = Awaited<ReturnType<typeof open>>;
type Ten = Awaited<ReturnType<typeof openTen>>;

/** Number of entries of `expired-entries`. */
const EXPIRED = 50_000;
const AWAY = `${NAMES.revokedTokens}_away`;
/** After this, no request that has read the sentinel writes any more: twice the deadline. */
const QUIET = 4 * SECOND;

export const COLLECTION_DEFAULTS = {
  ...NODE_DEFAULTS,
  open: (scope: Scope) => open(scope),
  rounds: 5,
  lasts: [LEASE, 3 * LEASE],
  findFaults,
} as const;

export const operatorFaults: readonly Fault<Target>[] = [
  {
    ...COLLECTION_DEFAULTS,
    name: 'rename-collection',
    title: '`revoked_tokens` renamed away, another of its name dropped, and renamed back',
    async strike({ collection, missing }) {
      await collection.rename(AWAY);
      missing.start = performance.now();
    },
    async heal({ db, collection, missing }) {
      await pause(QUIET);
      const added = { into: AWAY, whenMatched: 'keepExisting' } as const;
      await collection.aggregate([{ $merge: added }]).toArray(); // from a write that was under way
      missing.end = performance.now();
      await db.createCollection(collection.collectionName).catch(() => undefined); // it may be there
      await collection.drop();
      await db.collection(AWAY).rename(collection.collectionName);
    },
  },
  {
    ...COLLECTION_DEFAULTS,
    name: 'replace-collection',
    title: '`revoked_tokens` without its sentinel, then replaced by `$out`',
    strike: removeSentinel,
    async heal({ collection, missing, sentinel }) {
      await pause(QUIET);
      await collection.aggregate([{ $out: collection.collectionName }]).toArray();
      missing.end = performance.now();
      await collection.insertOne(sentinel, DURABLE);
    },
  },
  {
    ...COLLECTION_DEFAULTS,
    name: 'empty-collection',
    title: '`revoked_tokens` without its sentinel, then emptied and filled again',
    strike: removeSentinel,
    async heal({ collection, missing, sentinel }) {
      await pause(QUIET);
      const documents = await collection.find().toArray();
      await collection.deleteMany({});
      if (documents.length > 0) await collection.insertMany(documents, DURABLE);
      missing.end = performance.now();
      await collection.insertOne(sentinel, DURABLE);
    },
  },
  {
    ...NODE_DEFAULTS,
    open: (scope) => open(scope),
    name: 'overrun-oplog',
    title: 'the oplog overruns the feed of a server, which is held back',
    rounds: 5,
    strike: overrunOplog,
    heal: async ({ tap }) => tap.release(),
  },
  {
    ...NODE_DEFAULTS,
    open: (scope) => open(scope, ['--setParameter', 'ttlMonitorSleepSecs=1']),
    name: 'expired-entries',
    title: `${EXPIRED.toLocaleString('en')} expired entries, and the pass that deletes them`,
    rounds: 5,
    strike: expireEntries,
    heal: async () => undefined,
  },
];

/** The feed of each server is woken by the renewals of nine others. */
export const tenFollowers: Fault<Ten> = {
  ...NODE_DEFAULTS,
  open: openTen,
  name: 'ten-followers',
  title: '10 servers that follow, and 50 logouts a second of one token',
  rounds: 5,
  strike: logOutOften,
  heal: async () => undefined,
  findFaults: ({ wrong }) => wrong,
};

const DURABLE = { writeConcern: { w: 'majority', j: true } } as const;

async function open(scope: Scope, mongodArgs: readonly string[] = []) {
  return prepare(scope, await openNode(scope, [FOLLOWING, FOLLOWING], mongodArgs));
}

async function prepare<N extends Node>(scope: Scope, node: N) {
  const { db, collections } = openDatabase(scope, node.mongod.uri);
  const { revokedTokens: collection } = collections;
  const sentinel = await collection.findOne({ _id: SENTINEL });
  if (sentinel === null) throw new Error('A migrated database has a sentinel');
  return {
    ...node,
    ...{ db, collection, sentinel },
    /** Time in which `revoked_tokens` is known to lack its sentinel. */
    missing: { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY },
    /** A sentence for each wrong answer to a request of the fault itself. */
    wrong: [] as string[],
  };
}

async function removeSentinel({ collection, missing }: Target): Promise<void> {
  await collection.deleteOne({ _id: SENTINEL }, DURABLE);
  missing.start = performance.now();
}

/** Expects that everything is answered 503 from a lease after the sentinel was gone. */
export function findFaults(
  { missing }: Pick<Target, 'missing'>,
  history: readonly Operation[],
): readonly string[] {
  const decided = history
    .filter(({ start, end }) => start > missing.start + LEASE && end < missing.end)
    .filter(({ client, answer }) => client !== 'library' && (answer?.status ?? 503) !== 503);
  return decided.map(
    ({ kind, server, answer }) =>
      `${server} answered ${kind} without the sentinel: ${answer?.status}`,
  );
}

/** Writes until the oplog begins after the point at which the feed is held back. */
async function overrunOplog({ servers, tap, db }: Target): Promise<void> {
  tap.hold({ pid: pickRandom(servers).pid, command: isFeed });
  const oplog = db.client.db('local').collection('oplog.rs');
  const findOldest = async () => (await oplog.find().sort({ $natural: 1 }).limit(1).next())?.['ts'];
  const [newest] = await oplog.find().sort({ $natural: -1 }).limit(1).toArray();
  const fillers = db.collection<{ _id: string; data: Buffer }>('fillers');
  await waitFor(
    'An oplog that was overrun',
    async () => {
      for (let n = 0; n < FILLERS; n++) {
        const data = randomBytes(2 ** 20); // which cannot be compressed
        await fillers.replaceOne({ _id: 'filler' }, { data }, { upsert: true });
      }
      await db.admin().command({ fsync: 1 }); // the oplog is kept from the last checkpoint on
      return (await findOldest())?.greaterThan(newest?.['ts']);
    },
    { interval: 0 },
  );
}

/** Writes of a MB between two checkpoints. */
const FILLERS = 20;

/** Inserts entries that have expired, and waits until MongoDB has deleted all of them. */
async function expireEntries({ collection }: Target): Promise<void> {
  const past = new Date(Date.now() - HOUR);
  const shared = {
    kind: 'session',
    user_id: 'nobody',
    reason: 'test',
    revoked_by: 'test',
  } as const;
  const ids = Array.from({ length: EXPIRED }, () => `session:${randomUUID()}`);
  const entries = ids.map((_id): RevocationDocument => {
    return { _id, ...shared, revoked_at: past, expires_at: past, writes: 1, fenced_writes: 1 };
  });
  await collection.insertMany(entries, { ordered: false, writeConcern: { w: 1 } });
  const count = () => collection.countDocuments({ user_id: 'nobody' });
  await waitFor('A pass that has deleted all', async () => (await count()) === 0, {
    interval: 200,
  });
}

/** Names of the servers that run in this process, beside two of their own. */
const MORE = ['C', 'D', 'E', 'F', 'G', 'H', 'I', 'J'];

async function openTen(scope: Scope) {
  const environment = { ...FOLLOWING, REQUEST_DEADLINE: '5s' };
  const node = await openNode(scope, [environment, environment]);
  const more: Server[] = [];
  for (const name of MORE) {
    const { db } = openDatabase(scope, node.mongod.uri);
    const auth = await createAuth({ db, secrets: [node.secret], ...OPTIONS, follow: 'auto' });
    scope.teardown(() => auth.close());
    await auth.follow();
    more.push({ name, url: await serveAuth(scope, auth), follows: true });
  }
  const target = await prepare(scope, node);
  return { ...target, all: [...node.servers, ...more] };
}

const LOGOUTS = 100;
const EVERY = SECOND / 50;

/** Logs one session out again and again, at every server. Each of them refuses it after the first answer. */
async function logOutOften({ library, all, wrong }: Ten): Promise<void> {
  const [session] = await openSessions(library, [], { users: 1, each: 1 });
  const token = session?.accessTokens[0] ?? '';
  const askAll = () => Promise.all(all.map(({ url }) => sendAs(token, `${url}/api/auth/me`)));
  for (const { status } of await askAll())
    if (status !== 200) wrong.push(`/me before it: ${status}`);
  const answers: Promise<number>[] = [];
  for (let n = 0; n < LOGOUTS; n++) {
    answers.push(logOut(pickRandom(all), token));
    await pause(EVERY);
  }
  const statuses = await Promise.all(answers);
  if (!statuses.includes(200)) wrong.push(`No logout was acknowledged: ${new Set(statuses)}`);
  for (const { status } of await askAll()) if (status === 200) wrong.push('/me after it: 200');
}

async function logOut({ url }: Server, token: string): Promise<number> {
  return (await sendAs(token, `${url}/api/auth/logout`, 'POST')).status;
}
