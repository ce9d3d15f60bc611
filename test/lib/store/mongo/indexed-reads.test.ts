import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { type Document, MongoClient, ObjectId } from 'mongodb';
import { type Collections, openCollections } from '../../../../lib/store/mongo/collections.ts';
import { createAuditTrail } from '../../../../lib/store/records/audit-trail.ts';
import { createDailyCounters } from '../../../../lib/store/records/daily-counters.ts';
import { createCountEntries } from '../../../../lib/store/revocations/counts.ts';
import { createSessions } from '../../../../lib/store/sessions/sessions.ts';
import { HOUR } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

/** Explains each read that the work sends: the stages of mongod's plan, without spaces. */
async function recordPlans(t: ExecutionContext, work: Work) {
  const { uri, collections } = await migratedDatabase(t);
  await fill(collections);
  const client = new MongoClient(uri, { monitorCommands: true });
  t.teardown(() => client.close());
  const commands: Document[] = [];
  client.on('commandStarted', ({ command }) => commands.push(command));
  const db = client.db();
  await work(openCollections(db));
  const reads = commands.filter((command) => 'find' in command || 'aggregate' in command);
  return Promise.all(
    reads.map(async ({ lsid: _, $db: _db, $clusterTime: _time, ...read }) => {
      const plan = await db.command({ explain: read, verbosity: 'queryPlanner' });
      return winningStages(plan);
    }),
  );
}

/** Returns the stages of the winning plan, for either engine. */
function winningStages(plan: Document): string {
  const text = JSON.stringify(plan, (name, value) => (name === 'rejectedPlans' ? [] : value));
  return [...text.matchAll(/"(?:stage|indexName)":"([\w-]+)"/g)].map(([, name]) => name).join(' ');
}

const NOW = new Date();
const SOMEONE = 'user-7';
const BEHIND = { at: NOW, id: new ObjectId() };

const AUDIT: Readonly<Record<string, readonly [filter: object, index: RegExp]>> = {
  'no filter': [{}, /at_-1__id_-1/],
  'a user': [{ userId: SOMEONE }, /user_id_1_at_-1__id_-1/],
  'an actor': [{ actorId: SOMEONE }, /actor_id_1_at_-1__id_-1/],
  'an action': [{ action: 'user_login' }, /action_1_at_-1__id_-1/],
  times: [{ from: new Date(0), to: NOW }, /at_-1__id_-1/],
  'a user and times': [{ userId: SOMEONE, from: new Date(0), to: NOW }, /user_id_1_at_-1__id_-1/],
  everything: [
    { userId: SOMEONE, actorId: SOMEONE, action: 'user_login', from: new Date(0), to: NOW },
    /(user_id|actor_id|action)_1_at_-1__id_-1/,
  ],
};

for (const [what, [filter, index]] of Object.entries(AUDIT)) {
  test(`a page of the audit trail for ${what} is read in the order of an index`, async (t) => {
    const plans = await recordPlans(t, async (collections) => {
      const { page } = createAuditTrail(collections);
      await page(filter, 50);
      await page(filter, 50, BEHIND);
    });
    t.is(plans.length, 2);
    for (const plan of plans) {
      t.regex(plan, index);
      t.notRegex(plan, /COLLSCAN|\bSORT\b/);
    }
  });
}

const READS: Readonly<Record<string, readonly [Work, index: RegExp, read: number]>> = {
  'the entries of revoked_tokens are counted': [
    (collections) => createCountEntries(collections)(),
    /_id_/,
    4,
  ],
  'the days are read': [(collections) => readDays(collections), /_id_/, 1],
  'live sessions are counted': [
    (collections) => createSessions(collections).countAbove(NOW.getTime() - HOUR),
    /stamp_-1|expires_at_1/, // whichever leaves fewer entries to read
    1,
  ],
};

for (const [what, [work, index, read]] of Object.entries(READS)) {
  test(`${what} by an index`, async (t) => {
    const plans = await recordPlans(t, work);
    t.is(plans.length, read);
    for (const plan of plans) {
      t.regex(plan, index);
      t.notRegex(plan, /COLLSCAN|\bSORT\b/);
    }
  });
}

test('counting entries reads no document', async (t) => {
  for (const plan of await recordPlans(t, (collections) => createCountEntries(collections)())) {
    t.notRegex(plan, /FETCH/);
  }
});

test('revokeEveryone scans no whole collection', async (t) => {
  const plans = await recordPlans(t, (collections) =>
    revocationsOn(collections).revokeEveryone({ reason: 'test', revokedBy: 'test' }),
  );
  for (const plan of plans) t.notRegex(plan, /COLLSCAN/);
  t.true(plans.some((plan) => plan.includes('stamp_-1')));
});

type Work = (collections: Collections) => Promise<unknown>;

async function readDays(collections: Collections): Promise<void> {
  const counts = createDailyCounters(collections);
  await counts.last(90);
  await counts.stop();
}

/** Enough of everything for MongoDB to see which index is the better one. */
async function fill({ auditEvents, sessions }: Collections): Promise<void> {
  const numbers = Array.from({ length: 400 }, (_, number) => number);
  await auditEvents.insertMany(
    numbers.map((number) => ({
      at: new Date(NOW.getTime() - number),
      action: number % 20 === 0 ? 'user_login' : 'user_logout',
      user_id: `user-${number % 20}`,
      company_id: null,
      actor_id: `user-${number % 21}`,
      ip: '::1',
      user_agent: null,
      request_id: null,
      details: {},
    })),
  );
  const later = new Date(NOW.getTime() + HOUR);
  await sessions.insertMany(
    numbers.map((number) => ({
      _id: randomUUID(),
      user_id: `user-${number % 20}`,
      stamp: new Date(NOW.getTime() - number),
      auth_time: NOW,
      expires_at: later,
      ends_at: later,
      last_used_at: NOW,
      user_agent: null,
      ip: '::1',
    })),
  );
}
