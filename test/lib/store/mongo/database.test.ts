import test, { type ExecutionContext } from 'ava';
import type { ConnectOptions } from '../../../../lib/store/mongo/connect-options.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';

function connected(t: ExecutionContext, uri: string, options?: ConnectOptions) {
  const connection = connect(uri, options); // connects at the first use only
  t.teardown(() => connection.close());
  return connection;
}

const NAMES: readonly (readonly [string, string])[] = [
  ['mongodb://127.0.0.1/shop', 'shop'],
  ['mongodb://127.0.0.1:27017,127.0.0.2/shop?replicaSet=rs0', 'shop'],
  ['mongodb://127.0.0.1', 'rescind'],
  ['mongodb://127.0.0.1/', 'rescind'],
  ['mongodb://127.0.0.1/?replicaSet=rs0', 'rescind'],
  ['mongodb://127.0.0.1/my%2Dshop', 'my-shop'],
  ['mongodb://127.0.0.1/caf%C3%A9', 'café'],
  ['mongodb://user:pass%2Fword@127.0.0.1/shop?authSource=admin', 'shop'],
  ['mongodb://user:password@127.0.0.1/?authSource=admin', 'rescind'],
];

for (const [uri, name] of NAMES) {
  test(`the database of ${uri} is ${name}`, (t) => {
    t.is(connected(t, uri).db.databaseName, name);
  });
}

test('every time-out is set, and fits into the deadline', (t) => {
  const { db } = connected(t, 'mongodb://127.0.0.1', { deadline: 1_000 });
  const { options } = db.client;
  const names = [
    'socketTimeoutMS',
    'connectTimeoutMS',
    'serverSelectionTimeoutMS',
    'waitQueueTimeoutMS',
  ] as const;
  for (const name of names) t.true(options[name] > 0 && options[name] <= 1_000, name);
  t.true(options.waitQueueTimeoutMS + options.serverSelectionTimeoutMS < 1_000);
  t.true(options.heartbeatFrequencyMS > 0 && options.heartbeatFrequencyMS <= 5_000);
});

test('a URI cannot take the time-outs away', (t) => {
  const endless = 'socketTimeoutMS=0&waitQueueTimeoutMS=0&serverSelectionTimeoutMS=600000';
  const { options } = connected(t, `mongodb://127.0.0.1/?${endless}`).db.client;
  t.is(options.socketTimeoutMS, 5_000);
  t.true(options.waitQueueTimeoutMS > 0);
  t.true(options.serverSelectionTimeoutMS <= 5_000);
});

test('the database sees who is connected', (t) => {
  t.is(connected(t, 'mongodb://127.0.0.1').db.client.options.appName, 'rescind');
  const named = connected(t, 'mongodb://127.0.0.1', { appName: 'rescind-cli' });
  t.is(named.db.client.options.appName, 'rescind-cli');
});
