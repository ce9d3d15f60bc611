import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { planAfterRestore } from '../../../../lib/store/migrations/after-restore.ts';
import { migrate, planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { connect, type Db } from '../../../../lib/store/mongo/database.ts';
import { createSchema } from '../../../../lib/store/mongo/schema-document.ts';
import { createRevocations } from '../../../../lib/store/revocations/revocations.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { ageDeployment, migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';
import { addSession } from '../add-session.ts';

const CAUSE = { reason: 'test', revokedBy: 'tester' };

/** Runs `npm run migrate -- --after-restore`, or its first steps. */
async function migrateAfterRestore(db: Db, first = Number.POSITIVE_INFINITY): Promise<void> {
  const plan = await planMigration(db, { auditRetention: 400 * DAY, afterRestore: true });
  await migrate({ ...plan, steps: plan.steps.slice(0, first) }, () => undefined);
}

async function readSentinel({ revokedTokens }: Collections) {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  if (sentinel?.revoked_before === undefined) throw new Error('There is no sentinel');
  return { ...sentinel, cutoff: sentinel.revoked_before.getTime() };
}

async function assertWhole(t: ExecutionContext, db: Db, collections: Collections) {
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
  const schema = await collections.schema.findOne({ _id: 'rescind' });
  t.is((await readSentinel(collections)).epoch, schema?.epoch);
  await t.notThrowsAsync(revocationsOn(collections).cutoffs(randomUUID()));
}

/** Reads and writes as a login does, and returns the data of the tokens. */
async function logIn(collections: Collections, userId: string = randomUUID()) {
  const { user, deployment } = await revocationsOn(collections).cutoffs(userId);
  const stamp = Math.max(Date.now(), user + 1, deployment + 1);
  return addSession(collections, stamp, userId);
}

/** Copies the data of the database. Returns a function that restores the copy and removes all later data. */
async function backUp({ revokedTokens, sessions, schema }: Collections) {
  const [entries, logins, versions] = await Promise.all([
    revokedTokens.find().toArray(),
    sessions.find().toArray(),
    schema.find().toArray(),
  ]);
  return async function restore(): Promise<void> {
    for (const collection of [revokedTokens, sessions, schema]) await collection.deleteMany({});
    await revokedTokens.insertMany(entries);
    if (logins.length > 0) await sessions.insertMany(logins);
    await schema.insertMany(versions);
  };
}

test('--after-restore gives a new epoch and a cutoff a day ahead, and touches no other entry', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  await revocationsOn(collections).revokeUser({ ...CAUSE, userId: randomUUID() });
  const others = { _id: { $ne: SENTINEL } };
  const [before, entries] = [
    await readSentinel(collections),
    await collections.revokedTokens.find(others).toArray(),
  ];
  await migrateAfterRestore(db);
  const after = await readSentinel(collections);
  t.not(after.epoch, before.epoch);
  t.true(Math.abs(after.cutoff - Date.now() - DAY) < MINUTE);
  t.like(after, { kind: 'deployment', reason: 'restored', revoked_by: 'rescind migrate' });
  t.deepEqual(await collections.revokedTokens.find(others).toArray(), entries);
  await assertWhole(t, db, collections);
});

const AHEAD = Date.now() + 3 * DAY;

/** Stamps in the backup that are further ahead than a day. */
const KNOWN: Readonly<Record<string, (collections: Collections) => Promise<unknown>>> = {
  'the cutoff of the deployment': ({ revokedTokens }) =>
    revokedTokens.updateOne({ _id: SENTINEL }, { $set: { revoked_before: new Date(AHEAD) } }),
  'the cutoff of a user': (collections) =>
    createRevocations(collections, createSchema(collections), () => AHEAD - 10 * MINUTE).revokeUser(
      { ...CAUSE, userId: randomUUID() },
    ),
  'the stamp of a session': async (collections) => {
    const { sessionId } = await logIn(collections);
    const stamp = new Date(AHEAD);
    await collections.sessions.updateOne({ _id: sessionId }, { $set: { stamp } });
  },
};

for (const [what, put] of Object.entries(KNOWN)) {
  test(`the new cutoff is above ${what}, where the backup has one further ahead`, async (t) => {
    const { db, collections } = await migratedDatabase(t);
    await put(collections);
    await migrateAfterRestore(db);
    t.is((await readSentinel(collections)).cutoff, AHEAD + SECOND);
  });
}

type Lift = (collections: Collections, userId: string) => Promise<unknown>;

/** Creates revocations of a machine whose clock is wrong by hours: a cutoff follows the later clock. */
const inTimeZone = (hours: number, collections: Collections) =>
  createRevocations(collections, createSchema(collections), () => Date.now() + hours * HOUR);

/** Revocations after the backup that lifted the stamps of later logins ahead of the clock. */
const LIFTS: Readonly<Record<string, Lift>> = {
  nothing: async () => undefined,
  'a revoke-all': (collections, userId) =>
    revocationsOn(collections).revokeUser({ ...CAUSE, userId }),
  'a revoke-everyone': (collections) => revocationsOn(collections).revokeEveryone(CAUSE),
  'many revoke-everyone': async (collections) => {
    const { revokeEveryone } = revocationsOn(collections);
    for (let time = 0; time < 50; time++) await revokeEveryone(CAUSE);
  },
  'a revoke-everyone by a machine 14 hours ahead, and a revoke-all': async (
    collections,
    userId,
  ) => {
    await inTimeZone(14, collections).revokeEveryone(CAUSE);
    await revocationsOn(collections).revokeUser({ ...CAUSE, userId });
  },
};

for (const [what, lift] of Object.entries(LIFTS)) {
  test(`a token issued after the backup and after ${what} is refused, and passes without --after-restore`, async (t) => {
    const { db, collections } = await migratedDatabase(t);
    await ageDeployment(collections);
    const userId = randomUUID();
    const restore = await backUp(collections);
    await lift(collections, userId);
    const token = await logIn(collections, userId);
    const revocations = revocationsOn(collections);
    await revocations.revokeSessions([{ ...token, ...CAUSE }]);
    t.is(await revocations.check(token), 'session');

    await restore();
    t.is(await revocations.check(token), undefined, 'the danger is real');
    await migrateAfterRestore(db);
    t.is(await revocations.check(token), 'deployment');
    t.is(await revocations.check(await logIn(collections, userId)), undefined);
  });
}

test('a second restore of the same backup refuses what was issued after the first', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const restore = await backUp(collections);
  const revocations = revocationsOn(collections);
  for (let time = 0; time < 3; time++) {
    const token = await logIn(collections);
    await restore();
    await migrateAfterRestore(db);
    t.is(await revocations.check(token), 'deployment');
  }
});

test('where it breaks off between the two epochs no server decides anything, and it can be done again', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const running = revocationsOn(collections);
  const token = await logIn(collections);
  t.is(await running.check(token), undefined);

  await migrateAfterRestore(db, 1);
  for (const server of [running, revocationsOn(collections)]) {
    const error = await t.throwsAsync(server.check(token), { instanceOf: StoreUnavailable });
    t.regex(error?.message ?? '', /migrate it with the option "afterRestore"/);
  }
  const { conflicts } = await planMigration(db, { auditRetention: 400 * DAY });
  t.regex(conflicts[0]?.message ?? '', /"afterRestore" was interrupted.*migrate it with/);

  await migrateAfterRestore(db);
  t.is(await running.check(token), 'deployment');
  await assertWhole(t, db, collections);
});

test('several at once leave one epoch, and servers that run meanwhile accept nothing of before', async (t) => {
  const { db, uri, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const other = connect(uri);
  t.teardown(() => other.close());
  const running = revocationsOn(collections);
  for (let time = 0; time < 20; time++) {
    const token = await logIn(collections);
    await Promise.all([db, other.db, db].map((each) => migrateAfterRestore(each)));
    t.is(await running.check(token), 'deployment', `time ${time}`);
    await assertWhole(t, db, collections);
  }
});

test('one that another overtakes between its two writes leaves the epoch of the other', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  let isFirst = true;
  const schema: Collections['schema'] = Object.assign(Object.create(collections.schema), {
    async updateOne(...args: Parameters<Collections['schema']['updateOne']>) {
      if (isFirst) await migrateAfterRestore(db);
      isFirst = false;
      return collections.schema.updateOne(...args);
    },
  });
  const { steps } = planAfterRestore({ ...collections, schema });
  for (const { apply } of steps) await apply();
  t.false(isFirst);
  await assertWhole(t, db, collections);
});

const another = { $set: { epoch: 'another' } };

/** Databases of which not everything comes from one backup. */
const PARTS: Readonly<Record<string, (collections: Collections) => Promise<unknown>>> = {
  'revoked_tokens is of another backup': ({ revokedTokens }) =>
    revokedTokens.updateOne({ _id: SENTINEL }, another),
  'schema is of another backup': ({ schema }) => schema.updateOne({}, another),
  'schema was not in it': ({ schema }) => schema.drop(),
  'revoked_tokens was not in it': ({ revokedTokens }) => revokedTokens.drop(),
  'sessions was not in it': ({ sessions }) => sessions.drop(),
  'only users was in it': async ({ revokedTokens, sessions, schema }) => {
    for (const collection of [revokedTokens, sessions, schema]) await collection.drop();
  },
};

for (const [what, lose] of Object.entries(PARTS)) {
  test(`a restore where ${what}: everything issued before is refused, and logins work`, async (t) => {
    const { db, collections } = await migratedDatabase(t);
    await ageDeployment(collections);
    const running = revocationsOn(collections);
    const token = await logIn(collections);
    await lose(collections);
    await migrateAfterRestore(db);
    t.is(await running.check(token), 'deployment');
    t.is(await running.check(await logIn(collections)), undefined);
    await assertWhole(t, db, collections);
  });
}
