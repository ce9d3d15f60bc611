import test from 'ava';
import { MongoClient } from 'mongodb';
import { createAuth } from '../../lib/auth.ts';
import type { AuthOptions } from '../../lib/options.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { CALLER, testAuth } from '../helpers/auth.ts';
import { emptyDatabase, testUri } from '../helpers/database.ts';

test('an option that cannot work is refused by its public name', async (t) => {
  const good = { db: emptyDatabase(t).db, secrets: [generateSecret()] };
  const bad: [name: string, options: object][] = [
    ['db', { db: undefined }],
    ['db', { db: {} }],
    ['secrets', { secrets: [] }],
    ['secrets[0]', { secrets: ['short'] }],
    ['privateKey', { privateKey: 'short' }],
    ['publicKeys', { publicKeys: '' }],
    ['issuer', { issuer: '' }],
    ['audience', { audience: 7 }],
    ['accessTokenTtl', { accessTokenTtl: 900 }],
    ['bcryptCost', { bcryptCost: 4 }],
    ['bcryptThreads', { bcryptThreads: 0 }],
    ['deadline', { deadline: Number.NaN }],
    ['deadline', { deadline: Number.POSITIVE_INFINITY }],
    ['loginLimits', { loginLimits: { perAccount: { points: 0, duration: 1_000 } } }],
  ];
  for (const [name, options] of bad) {
    const error = await t.throwsAsync(createAuth({ ...good, ...options } as AuthOptions), {
      instanceOf: TypeError,
    });
    t.true(error?.message.startsWith(`"${name}"`), `${name}: ${error?.message}`);
  }
});

test('a direct connection is not taken: a secondary could answer by it', async (t) => {
  const uri = `${testUri()}&directConnection=true`.replace('replicaSet=rs0&', '');
  const client = new MongoClient(uri);
  t.teardown(() => client.close());
  const options = { db: client.db(), secrets: [generateSecret()] };
  await t.throwsAsync(createAuth(options), { instanceOf: TypeError, message: /directConnection/ });

  const { db, close } = connect(uri, { deadline: 60_000 });
  t.teardown(close);
  t.false(db.client.options.directConnection);
  t.is((await db.command({ hello: 1 }))['isWritablePrimary'], true);
});

test('input of the wrong type is refused like other bad input, and reaches no query', async (t) => {
  const { auth } = await testAuth(t);
  // biome-ignore lint/suspicious/noExplicitAny: what callers without types may send
  const odd = { $ne: null } as any;
  await t.throwsAsync(auth.login({ email: odd, password: odd }, CALLER), { code: 'invalid_input' });
  await t.throwsAsync(auth.authenticate({ token: odd }, CALLER), { code: 'invalid_token' });
  await t.throwsAsync(auth.logout({ token: odd }, CALLER), { code: 'invalid_token' });
});

test('revoke-all without a principal is a fault of the program', async (t) => {
  const { auth } = await testAuth(t);
  await t.throwsAsync(auth.revokeAllTokens({}, CALLER), { instanceOf: TypeError });
});
