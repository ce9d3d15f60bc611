import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb';
import { createAuth } from '../../../../lib/auth.ts';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { createDeploymentLog, inspectDeployment } from '../../../../lib/store/mongo/deployment.ts';
import { generateSecret } from '../../../../lib/tokens/keys/secret/rules.ts';
import { PATIENT } from '../../../helpers/auth.ts';
import { migratedDatabase, testUri } from '../../../helpers/database.ts';
import { type Answers, answering } from '../../../helpers/deployment-answers.ts';
import { underFault } from '../../../helpers/failpoint.ts';

/** A client of the test's own, which failures can be aimed at. */
function ownClient(t: ExecutionContext, options: MongoClientOptions = {}) {
  const appName = `rescind-test-${randomUUID()}`;
  const client = new MongoClient(testUri(), { ...options, appName });
  t.teardown(() => client.close());
  return { db: client.db(), appName };
}

/** Answers to replSetGetConfig of deployments that are no plain replica set, and their results. */
const REFUSALS = [
  [13, 'Unauthorized', 'a user without the right'],
  [59, 'CommandNotFound', 'what only speaks the protocol'],
  [115, 'CommandNotSupported', 'a service that leaves commands out'],
  [323, 'APIStrictError', 'a strict API version'],
  [8000, 'AtlasError', 'a shared tier'],
  [20, 'IllegalOperation', 'anything else'],
] as const;

for (const [errorCode, name, whose] of REFUSALS) {
  test.serial(
    `a set that refuses its configuration with ${errorCode} is taken to have several voters, as the warning states: ${whose}`,
    async (t) => {
      const { db, appName } = ownClient(t);
      const fault = { mode: { times: 1 }, failCommands: ['replSetGetConfig'], appName, errorCode };
      const { hasSeveralVoters, kind, warnings } = await underFault(fault, () =>
        inspectDeployment(db),
      );
      t.deepEqual([kind, hasSeveralVoters], ['replica set', true]);
      t.is(warnings.length, 1);
      t.regex(
        warnings[0] ?? '',
        new RegExp(`\\((${name}|Location${errorCode}|error ${errorCode})\\)`),
      );
      t.regex(warnings[0] ?? '', /assumes several voting members/);
    },
  );
}

test.serial(
  'a client with a strict API version assumes several voters, because the version has no replSetGetConfig',
  async (t) => {
    const { db } = ownClient(t, { serverApi: { version: '1', strict: true } });
    const { hasSeveralVoters, warnings } = await inspectDeployment(db);
    t.true(hasSeveralVoters);
    t.regex(warnings.join(), /APIStrictError/);
  },
);

/** Answers that no mongod gives, but a service which only speaks MongoDB's protocol may. */
const ODD: Readonly<Record<string, Answers>> = {
  'no configuration': { replSetGetConfig: { ok: 1 } },
  'a configuration without members': { replSetGetConfig: { ok: 1, config: {} } },
  'members without their votes': {
    replSetGetConfig: { ok: 1, config: { members: [{ _id: 0 }, { _id: 1 }] } },
  },
  'a hello that is refused': { hello: new MongoServerError({ code: 59, codeName: 'NoCommand' }) },
};

for (const [what, answers] of Object.entries(ODD)) {
  test.serial(
    `a set without the votes of its members is taken to have several voters: ${what}`,
    async (t) => {
      const { db } = ownClient(t);
      const { hasSeveralVoters, kind } = await inspectDeployment(answering(db, answers));
      t.deepEqual([kind, hasSeveralVoters], ['replica set', true]);
    },
  );
}

test.serial(
  'a standalone server has one voter, and behind a mongos there may be several',
  async (t) => {
    const alone = answering(ownClient(t).db, { hello: { ok: 1, isWritablePrimary: true } });
    t.like(await inspectDeployment(alone), { kind: 'standalone', hasSeveralVoters: false });
    const mongos = answering(ownClient(t).db, { hello: { ok: 1, msg: 'isdbgrid' } });
    t.like(await inspectDeployment(mongos), { kind: 'sharded', hasSeveralVoters: true });
  },
);

for (const fault of [{ closeConnection: true }, { errorCode: 11600 }, { errorCode: 50 }]) {
  test.serial(`what passes is no refusal: ${JSON.stringify(fault)}`, async (t) => {
    const { db, appName } = ownClient(t);
    const failing = { mode: { times: 9 }, failCommands: ['replSetGetConfig'], appName, ...fault };
    await t.throwsAsync(
      underFault(failing, () => inspectDeployment(db)),
      {
        instanceOf: StoreUnavailable,
      },
    );
  });
}

function notedLog() {
  const lines: string[] = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  return { lines, log: { warn: note, error: note } };
}

test('a warning about the deployment is logged once, however often the primary changes', (t) => {
  const { lines, log } = notedLog();
  const warn = createDeploymentLog(log);
  const deployment = { kind: 'replica set', hasSeveralVoters: true } as const;
  for (const warnings of [['one'], ['one', 'two'], [], ['two']]) warn({ ...deployment, warnings });
  t.deepEqual(lines, ['one', 'two']);
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
  const reported = lines.filter((line) => /APIStrictError.*several voting members/.test(line));
  t.is(reported.length, 1);
});
