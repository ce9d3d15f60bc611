import test, { type ExecutionContext } from 'ava';
import type { MongoClient } from 'mongodb';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import type { Deployment } from '../../../../lib/store/primary/deployment.ts';
import {
  createPrimaryProof,
  type PrimaryProofOptions,
  type ReadLevel,
  strictLevel,
} from '../../../../lib/store/primary/primary-proof.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { emptyDatabase, migratedDatabase, migrateNow } from '../../../helpers/database.ts';
import { ownMongod } from '../../../helpers/mongod.ts';

async function proofOn(t: ExecutionContext, options?: PrimaryProofOptions) {
  const { db, collections } = await migratedDatabase(t);
  const proof = createPrimaryProof(db, collections, options);
  t.teardown(() => proof.stop());
  return { db, proof };
}

/** Emits the driver's event for another primary. */
function elect(client: MongoClient, address: string): void {
  const servers = new Map([[address, { address, isWritable: true }]]);
  client.emit('topologyDescriptionChanged', { newDescription: { servers } } as never);
}

test('where one member votes there is nothing to prove, and no proof has an age', async (t) => {
  const { proof } = await proofOn(t);
  t.is(await proof.read(async (level) => level), 'majority', 'which waits for nothing');
  t.like(await proof.deployment(), { kind: 'replica set', hasSeveralVoters: false, warnings: [] });
  t.is(proof.age(), undefined);
});

test('a strict read sees nothing that could be lost: on a set of one node, what is in its journal', async (t) => {
  const { proof } = await proofOn(t);
  t.is(await proof.read(async (level) => level, 'strict'), 'majority');
  const deployment = { electionTimeout: 10_000, warnings: [] };
  const levels: readonly [kind: Deployment['kind'], hasSeveralVoters: boolean, level: ReadLevel][] =
    [
      ['standalone', false, 'local'],
      ['replica set', false, 'majority'],
      ['replica set', true, 'linearizable'],
      ['sharded', false, 'linearizable'],
    ];
  for (const [kind, hasSeveralVoters, level] of levels) {
    t.is(strictLevel({ ...deployment, kind, hasSeveralVoters }), level, kind);
  }
});

test('with a staleness of 0 every read is linearizable', async (t) => {
  const { proof } = await proofOn(t, { maxStaleness: 0 });
  t.is(await proof.read(async (level) => level), 'linearizable');
});

test('a read during which the primary changes is made again', async (t) => {
  const { db, proof } = await proofOn(t);
  await proof.deployment();
  const levels: ReadLevel[] = [];
  const found = await proof.read(async (level) => {
    if (levels.push(level) === 1) elect(db.client, '192.0.2.1:27017');
    return levels.length;
  });
  t.is(found, 2, 'the first answer may be of the old primary');
});

test('where the primary changes during every read nothing is decided', async (t) => {
  const { db, proof } = await proofOn(t);
  let reads = 0;
  const read = proof.read(async () => elect(db.client, `192.0.2.${++reads}:27017`));
  await t.throwsAsync(read, { instanceOf: StoreUnavailable, message: /primary changed/ });
  t.true(reads > 1);
});

test('each attempt is reported, a good one and one that fails', async (t) => {
  const reported: boolean[] = [];
  const onPrimaryProof = ({ ok }: { ok: boolean }) => reported.push(ok);
  const { proof } = await proofOn(t, { onPrimaryProof });
  await proof.deployment();
  t.true(reported.splice(0).includes(true));
  const { db, close } = connect('mongodb://127.0.0.1:1/rescind', { deadline: 1_000 });
  t.teardown(close);
  const lost = createPrimaryProof(db, openCollections(db), { onPrimaryProof });
  t.teardown(() => lost.stop());
  const read = lost.read(async () => 'never found');
  await t.throwsAsync(read, { instanceOf: StoreUnavailable });
  t.true(reported.length > 0 && reported.every((ok) => !ok));
});

test('an attempt that stop() overtakes is not reported: a stopping server would log a failure', async (t) => {
  const reported: boolean[] = [];
  const { proof } = await proofOn(t, { onPrimaryProof: ({ ok }) => reported.push(ok) });
  const pending = proof.deployment();
  proof.stop();
  await pending;
  t.deepEqual(reported, []);
});

test('a mongod that restarts is inspected again', async (t) => {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri, { deadline: 5_000 });
  t.teardown(close);
  await migrateNow(db);
  const proof = createPrimaryProof(db, openCollections(db));
  t.teardown(() => proof.stop());
  await proof.deployment();
  await mongod.kill();
  await t.throwsAsync(
    proof.read(() => openCollections(db).schema.findOne({})),
    undefined,
    'the database is away',
  );
  await mongod.restart();
  const schema = await waitFor('a read on the restarted mongod', () =>
    proof.read(() => openCollections(db).schema.findOne({})),
  );
  t.is(schema._id, 'rescind');
});

const refused: readonly [title: string, options: PrimaryProofOptions, message: RegExp][] = [
  ['a staleness that no proof can keep', { maxStaleness: 1_000 }, /"maxStaleness" must be/],
  ['a negative staleness', { maxStaleness: -1 }, /"maxStaleness" must be/],
  ['an endless staleness', { maxStaleness: Number.POSITIVE_INFINITY }, /"maxStaleness" must be/],
  ['no staleness', { maxStaleness: Number.NaN }, /"maxStaleness" must be/],
  ['a broken one', { maxStaleness: 1_500.5 }, /"maxStaleness" must be/],
  ['proofs without a pause', { proofInterval: 0 }, /"proofInterval" must be/],
  ['proofs every hour', { proofInterval: 3_600_000 }, /"proofInterval" must be/],
];

for (const [title, options, message] of refused) {
  test(`refused: ${title}`, (t) => {
    const { db, collections } = emptyDatabase(t);
    t.throws(() => createPrimaryProof(db, collections, options), {
      instanceOf: TypeError,
      message,
    });
  });
}
