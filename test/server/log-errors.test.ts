import test from 'ava';
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { StoreNotReady, StoreUnavailable } from '../../lib/errors.ts';
import { loggedWithoutData } from '../../lib/plain-log.ts';
import { createLog } from '../../server/log.ts';
import { emptyDatabase } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { serve } from '../helpers/server.ts';

const SECRET = 'victim@example.com';

/** Errors of MongoDB that carry what was written, each from a real one. */
const CAUSES: Readonly<Record<string, (t: Scope) => Promise<unknown>>> = {
  'an insert of a key that is there': async (t) => {
    const { db } = emptyDatabase(t);
    const things = db.collection<{ _id: string }>('things');
    await things.insertOne({ _id: SECRET });
    return things.insertOne({ _id: SECRET });
  },
  'a bulk write of one': async (t) => {
    const { db } = emptyDatabase(t);
    const things = db.collection<{ _id: string }>('things');
    return things.insertMany([{ _id: SECRET }, { _id: SECRET }]);
  },
  'a document that fails its validator': async (t) => {
    const { db } = emptyDatabase(t);
    const things = await db.createCollection('things', { validator: { n: { $type: 'int' } } });
    return things.insertOne({ n: SECRET });
  },
  'an operator that is none': async (t) => {
    const { db } = emptyDatabase(t);
    return db.collection('things').findOne({ [`$${SECRET}`]: 1 });
  },
};

/** Forms in which such an error may reach the log. */
const FORMS: Readonly<Record<string, (error: Error) => unknown>> = {
  itself: (error) => error,
  'a cause': (error) => new StoreUnavailable('The database did not answer', error),
  'one of several': (error) => new AggregateError([new Error('first'), error], 'several'),
  'another copy of the driver': (error) =>
    Object.assign(new Error(error.message), { ...error, name: 'Error', errorLabels: [] }),
  'a subclass of another name': (error) =>
    Object.defineProperty(error, 'name', { value: 'ShopError' }),
};

for (const [what, provoke] of Object.entries(CAUSES)) {
  for (const [form, wrap] of Object.entries(FORMS)) {
    test(`no value gets into the log by ${what}, as ${form}`, async (t) => {
      const error = (await t.throwsAsync(provoke(t))) as Error & { code?: number };
      t.true(JSON.stringify([error.message, error]).includes(SECRET), 'nothing to hide');
      let lines = '';
      const log = createLog('info', { write: (line) => (lines += line) });
      log.error({ err: wrap(error) }, 'failed');
      log.error(wrap(error), 'failed');
      loggedWithoutData({
        warn: () => undefined,
        error: ({ err }: { err?: unknown }) => (lines += inspectAll(err)),
      }).error({ err: wrap(error) }, 'failed');
      t.false(lines.includes(SECRET), lines);
      t.regex(lines, /failed/);
      t.true(lines.includes(String(error.code)), lines);
    });
  }
}

function inspectAll(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack, cause } = error;
  return [JSON.stringify({ ...error }), message, stack, cause && inspectAll(cause)].join('\n');
}

test('an error of the network is logged by name, and its cause by the message of the system', (t) => {
  let line = '';
  const log = createLog('info', { write: (text) => (line += text) });
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    code: 'ECONNREFUSED',
  });
  log.error({ err: new MongoNetworkError(`about ${SECRET}`, { cause }) }, 'failed');
  t.false(line.includes(SECRET));
  t.regex(line, /MongoNetworkError.*ECONNREFUSED/);
});

test('lines of a message that resemble stack frames are not logged', (t) => {
  let line = '';
  const log = createLog('info', { write: (text) => (line += text) });
  const error = new MongoServerError({ errmsg: `dup\n    at ${SECRET} (x.js:1:1)`, code: 11_000 });
  log.error({ err: error }, 'failed');
  t.false(line.includes(SECRET), line);
});

test('the advice for an operator follows the sentence of the library, also where the library logs', (t) => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => lines.push(line) });
  const err = new StoreNotReady('migrate', 'No sentinel');
  log.error({ err }, 'failed');
  loggedWithoutData(log).error({ err: new StoreUnavailable('failed', err) }, 'failed');
  const [own, ofLibrary] = lines.map((line) => JSON.parse(line).err);
  t.is(own.message, 'No sentinel. Run: npm run migrate');
  t.is(ofLibrary.cause.message, own.message);
  t.false('remedy' in own);
});

test('Checks that fail at the start are logged in the spelling of /readyz', async (t) => {
  const { log } = await serve(t, {
    MONGODB_URI: 'mongodb://127.0.0.1:1/rescind',
    REQUEST_DEADLINE: '1s',
  });
  const [line] = log.filter((each) => 'checks' in each);
  const checks = line?.['checks'] as Readonly<Record<string, object>>;
  t.like(checks['signing_key'], { ok: false });
  t.deepEqual(
    Object.entries(checks).filter((entry) => /[A-Z]/.test(entry[0] + Object.keys(entry[1]))),
    [],
  );
});
