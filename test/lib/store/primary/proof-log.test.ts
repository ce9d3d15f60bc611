import test from 'ava';
import { MongoClient } from 'mongodb';
import { createAuth } from '../../../../lib/auth.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import { createPrimaryProof } from '../../../../lib/store/primary/primary-proof.ts';
import { createDeploymentLog, createProofLog } from '../../../../lib/store/primary/proof-log.ts';
import { PrimaryChanged } from '../../../../lib/store/primary/prover.ts';
import { generateSecret } from '../../../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { PATIENT } from '../../../helpers/auth.ts';
import { migratedDatabase, migrateNow } from '../../../helpers/database.ts';
import { ownMongod } from '../../../helpers/mongod.ts';

interface Line {
  readonly message: string;
  readonly fields: object;
}

function notedLog() {
  const lines: Line[] = [];
  const note = (fields: object, message: string) => void lines.push({ fields, message });
  return { lines, log: { warn: note, error: note } };
}

const PRIMARY = '192.0.2.1:27017';
const good = { ok: true, duration: 1, primary: PRIMARY };
const bad = { ok: false, duration: 1, primary: PRIMARY, error: new Error('no majority') };

test('however long an outage, it is two lines: with the reason, and with its length', (t) => {
  const { lines, log } = notedLog();
  const tell = createProofLog(log);
  for (const attempt of [good, good, bad, bad, bad, good, good]) tell(attempt);
  t.deepEqual(
    lines.map(({ message }) => message),
    [
      'The primary cannot be proven; requests get 503 once the last proof has expired',
      'The primary is proven again',
    ],
  );
  t.deepEqual(lines[0]?.fields, { err: bad.error, primary: PRIMARY });
  t.deepEqual(lines[1]?.fields, { seconds: 0, primary: PRIMARY });
  tell(bad);
  t.is(lines.length, 3, 'the next outage is logged as well');
});

test('another primary is no outage: the proof is repeated at once', (t) => {
  const { lines, log } = notedLog();
  const tell = createProofLog(log);
  for (const attempt of [{ ...bad, error: new PrimaryChanged() }, good]) tell(attempt);
  t.deepEqual(lines, []);
});

test('a mongod that dies and restarts is logged, with its address', async (t) => {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri, { deadline: 2_000 });
  t.teardown(close);
  await migrateNow(db);
  const { lines, log } = notedLog();
  const onPrimaryProof = createProofLog(log);
  const options = { proofInterval: 50, onPrimaryProof };
  const proof = createPrimaryProof(db, openCollections(db), options);
  t.teardown(() => proof.stop());
  await proof.deployment();
  t.deepEqual(lines, []);
  await mongod.kill();
  await waitFor('A first line', () => lines.length > 0);
  await mongod.restart();
  await waitFor('A second line', () => lines.length > 1);
  t.regex(lines[0]?.message ?? '', /cannot be proven/);
  t.like(lines[1]?.fields, { primary: new URL(mongod.uri).host });
});

test('a warning about the deployment is logged once, however often the primary changes', (t) => {
  const { lines, log } = notedLog();
  const warn = createDeploymentLog(log);
  const deployment = {
    kind: 'replica set',
    hasSeveralVoters: true,
    electionTimeout: 10_000,
  } as const;
  for (const warnings of [['one'], ['one', 'two'], [], ['two']]) warn({ ...deployment, warnings });
  t.deepEqual(
    lines.map(({ message }) => message),
    ['one', 'two'],
  );
});

test('the library logs a warning for a set that refuses its configuration', async (t) => {
  const { uri } = await migratedDatabase(t);
  const strict = { serverApi: { version: '1', strict: true } } as const;
  const client = new MongoClient(uri, strict);
  t.teardown(() => client.close());
  const { lines, log } = notedLog();
  const auth = await createAuth({ db: client.db(), secrets: [generateSecret()], log, ...PATIENT });
  t.teardown(() => auth.close());
  await auth.checkHealth();
  await auth.checkHealth();
  const reported = lines.filter(({ message }) =>
    /APIStrictError.*several voting members/.test(message),
  );
  t.is(reported.length, 1);
});
