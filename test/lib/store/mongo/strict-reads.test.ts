import test, { type ExecutionContext } from 'ava';
import { type Db, type Document, MongoClient, MongoServerError } from 'mongodb';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import {
  createStrictReads,
  type ReadLevel,
  type StrictReads,
} from '../../../../lib/store/mongo/strict-reads.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { migrateNow, testUri } from '../../../helpers/database.ts';
import { type Answers, answering } from '../../../helpers/deployment-answers.ts';
import { ownMongod } from '../../../helpers/mongod.ts';

/** A database with a client of the test's own, which has found its primary. */
async function ownDatabase(t: ExecutionContext, uri = testUri()): Promise<Db> {
  const client = new MongoClient(uri);
  t.teardown(() => client.close());
  await client.connect();
  return client.db();
}

function readsOn(t: ExecutionContext, db: Db): StrictReads {
  const reads = createStrictReads(db);
  t.teardown(() => reads.stop());
  return reads;
}

/** Emits the driver's event for another primary. */
function elect({ client }: Db, address: string): void {
  const servers = new Map([[address, { address, isWritable: true }]]);
  client.emit('topologyDescriptionChanged', { newDescription: { servers } } as never);
}

const askLevel = async (level: ReadLevel) => level;

function votersConfig(...votes: readonly number[]): Document {
  return { ok: 1, config: { members: votes.map((each, _id) => ({ _id, votes: each })) } };
}

const LEVELS: readonly [what: string, answers: Answers, level: ReadLevel][] = [
  ['a standalone server', { hello: { ok: 1, isWritablePrimary: true } }, 'local'],
  ['a set with one member that votes', { replSetGetConfig: votersConfig(1, 0, 0) }, 'local'],
  ['two members that vote', { replSetGetConfig: votersConfig(1, 1, 0) }, 'linearizable'],
  ['a mongos', { hello: { ok: 1, msg: 'isdbgrid' } }, 'linearizable'],
  [
    'a set that refuses its configuration',
    { replSetGetConfig: new MongoServerError({ code: 13, codeName: 'Unauthorized' }) },
    'linearizable',
  ],
];

for (const [what, answers, level] of LEVELS) {
  test(`a strict read is ${level} on ${what}`, async (t) => {
    const reads = readsOn(t, answering(await ownDatabase(t), answers));
    t.is(await reads.read(askLevel), level);
  });
}

test('a set with one node is a set with one voter, and nothing is to be warned of', async (t) => {
  const reads = readsOn(t, await ownDatabase(t));
  t.is(await reads.read(askLevel), 'local');
  const expected = { kind: 'replica set', hasSeveralVoters: false, warnings: [] } as const;
  t.deepEqual(await reads.deployment(), expected);
});

test('reads at the same time share an inspection, and later ones make none', async (t) => {
  const db = await ownDatabase(t);
  let inspections = 0;
  const reads = createStrictReads(db, { onDeployment: () => inspections++ });
  t.teardown(() => reads.stop());
  await Promise.all(Array.from({ length: 20 }, () => reads.read(askLevel)));
  await reads.read(askLevel);
  t.is(inspections, 1);
  elect(db, '192.0.2.1:27017');
  await Promise.all(Array.from({ length: 20 }, () => reads.read(askLevel)));
  t.is(inspections, 2, 'each change of the primary is followed by one');
});

test('a failed inspection is made again', async (t) => {
  const answers: { replSetGetConfig?: Document | Error } = {
    replSetGetConfig: new MongoServerError({ code: 11600, codeName: 'InterruptedAtShutdown' }),
  };
  const reads = readsOn(t, answering(await ownDatabase(t), answers));
  await t.throwsAsync(reads.read(askLevel), { instanceOf: StoreUnavailable });
  answers.replSetGetConfig = votersConfig(1, 1, 1);
  t.is(await reads.read(askLevel), 'linearizable');
});

test('a local read during which the primary changes is made again', async (t) => {
  const db = await ownDatabase(t);
  const reads = readsOn(t, db);
  await reads.deployment();
  let tries = 0;
  const found = await reads.read(async () => {
    if (++tries === 1) elect(db, '192.0.2.1:27017');
    return tries;
  });
  t.is(found, 2, 'the first answer may be of the old primary');
});

test('a linearizable read during which the primary changes is exact, and made once', async (t) => {
  const db = answering(await ownDatabase(t), { replSetGetConfig: votersConfig(1, 1, 1) });
  const reads = readsOn(t, db);
  let tries = 0;
  await reads.read(async () => elect(db, `192.0.2.${++tries}:27017`));
  t.is(tries, 1);
});

test('where the primary changes during every local read nothing is decided', async (t) => {
  const db = await ownDatabase(t);
  const reads = readsOn(t, db);
  let tries = 0;
  const read = reads.read(async () => elect(db, `192.0.2.${++tries}:27017`));
  await t.throwsAsync(read, { instanceOf: StoreUnavailable, message: /primary changed/ });
  t.true(tries > 1);
});

test('a reconfiguration is noticed: once a second member votes, reads are linearizable', async (t) => {
  const mongod = await ownMongod(t);
  const answers: { replSetGetConfig?: Document } = {};
  const reads = readsOn(t, answering(await ownDatabase(t, mongod.uri), answers));
  t.is(await reads.read(askLevel), 'local');
  const admin = (await ownDatabase(t, mongod.uri)).client.db('admin');
  const { config } = await admin.command({ replSetGetConfig: 1 });
  answers.replSetGetConfig = votersConfig(1, 1); // a real second voter would have to run
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1 } });
  await waitFor('A read that notices', async () => (await reads.read(askLevel)) === 'linearizable');
  t.pass();
});

test('a mongod that restarts is inspected again', async (t) => {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri, { deadline: 5_000 });
  t.teardown(close);
  await migrateNow(db);
  const reads = readsOn(t, db);
  await reads.deployment();
  await mongod.kill();
  const readSchema = () => reads.read(() => openCollections(db).schema.findOne({}));
  await t.throwsAsync(readSchema(), undefined, 'the database is away');
  await mongod.restart();
  const schema = await waitFor('A read on the restarted mongod', readSchema);
  t.is(schema._id, 'rescind');
});
