import test from 'ava';
import { MongoClient } from 'mongodb';
import { createAuth } from '../../../../lib/auth.ts';
import { connect, uriFault } from '../../../../lib/store/mongo/database.ts';
import { generateSecret } from '../../../../lib/tokens/keys/secret/rules.ts';
import { parseConfig, parseDatabaseConfig } from '../../../../server/config/config.ts';

const HOST = 'mongodb://127.0.0.1:1';

const OVERRIDDEN: readonly (readonly [string, readonly string[]])[] = [
  ['replicaSet=rs0&tls=false&authSource=admin&maxConnecting=3&minPoolSize=2', []],
  ['w=majority&journal=true&retryWrites=true&readPreference=primary&directConnection=false', []],
  ['maxIdleTimeMS=4000', []],
  ['maxPoolSize=7&directConnection=true', ['maxPoolSize', 'directConnection']],
  ['readPreference=secondaryPreferred&w=0', ['readPreference', 'w']],
  ['retryReads=false&retryWrites=false', ['retryReads', 'retryWrites']],
  [
    'socketTimeoutMS=0&timeoutMS=9&waitQueueTimeoutMS=0',
    ['socketTimeoutMS', 'timeoutMS', 'waitQueueTimeoutMS'],
  ],
  [
    'readConcernLevel=majority&wtimeoutMS=1&journal=false',
    ['readConcernLevel', 'wtimeoutMS', 'journal'],
  ],
  ['appName=shop', ['appName']],
  ['maxIdleTimeMS=600000', ['maxIdleTimeMS']],
];

for (const [query, names] of OVERRIDDEN) {
  test(`of ?${query} rescind sets itself: ${names.join(', ') || 'nothing'}`, async (t) => {
    const { db, overridden, close } = connect(`${HOST}/shop?${query}`);
    t.deepEqual([...overridden].sort(), [...names].sort());
    const { options } = db.client;
    t.is(options.maxPoolSize, 50);
    t.is(options.maxIdleTimeMS, query === 'maxIdleTimeMS=4000' ? 4_000 : 45_000);
    t.deepEqual([options.retryReads, options.retryWrites], [true, true]);
    t.is(options.timeoutMS, undefined);
    await close();
  });
}

const UNUSABLE: readonly (readonly [string, RegExp])[] = [
  ['/admin', /MongoDB's own: admin/],
  ['/Config', /MongoDB's own: config/],
  ['/local?replicaSet=rs0', /MongoDB's own: local/],
  ['/shop%', /percent-encoded/],
  ['/a.b', /does not allow/],
  ['/a%2Fb', /does not allow/],
  ['/a%20b', /does not allow/],
  [`/${'a'.repeat(64)}`, /63 bytes/],
  ['/shop?minPoolSize=51', /minPoolSize=51.* 50 /],
  ['/shop?loadBalanced=true', /loadBalanced/],
];

for (const [rest, pattern] of UNUSABLE) {
  test(`the setting, connect and commands refuse ${rest}, in one sentence`, (t) => {
    const MONGODB_URI = `mongodb://ann:hidden@127.0.0.1:1${rest}`;
    const env = { MONGODB_URI, JWT_SECRET_KEY: generateSecret() };
    for (const refuse of [
      () => connect(MONGODB_URI),
      () => parseConfig(env),
      () => parseDatabaseConfig(env),
    ]) {
      const { message } = t.throws(refuse) as Error;
      t.regex(message, pattern);
      t.false(message.includes('hidden'));
      t.is(message.startsWith('"uri" '), !message.includes('MONGODB_URI'));
    }
  });
}

test('a pool that is large enough for minPoolSize is taken, one that is too small or none is not', async (t) => {
  const uri = `${HOST}/shop?minPoolSize=60`;
  const MONGODB_POOL_SIZE = '60';
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret() };
  t.is(parseConfig({ ...env, MONGODB_POOL_SIZE }).MONGODB_POOL_SIZE, 60);
  t.throws(() => parseConfig(env), { message: /MONGODB_POOL_SIZE/ });
  const { db, close } = connect(uri, { maxPoolSize: 60 });
  t.is(db.client.options.maxPoolSize, 60);
  await close();
  for (const maxPoolSize of [0, 1.5, 1_001]) {
    t.throws(() => connect(HOST, { maxPoolSize }), {
      instanceOf: TypeError,
      message: /maxPoolSize/,
    });
  }
});

for (const name of ['admin', 'config', 'local']) {
  test(`createAuth refuses the database ${name}`, async (t) => {
    const db = new MongoClient(HOST).db(name);
    const created = createAuth({ db, secrets: [generateSecret()] });
    await t.throwsAsync(created, { instanceOf: TypeError, message: new RegExp(name) });
  });
}

test('a URI that no driver can parse is reported as such', (t) => {
  t.regex(uriFault('postgres://127.0.0.1') ?? '', /is not a connection string/);
});
