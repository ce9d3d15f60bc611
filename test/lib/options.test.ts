import test from 'ava';
import { MongoClient } from 'mongodb';
import { createAuth } from '../../lib/auth.ts';
import { type AuthOptions, type ResolvedOptions, shortestLease } from '../../lib/options.ts';
import type { ConnectOptions } from '../../lib/store/mongo/connect-options.ts';
import { connect, uriFault } from '../../lib/store/mongo/database.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { authenticate, handleErrors, requireRole } from '../../server/index.ts';
import { CALLER, listUseCases, testAuth } from '../helpers/auth.ts';
import { emptyDatabase, testUri } from '../helpers/database.ts';
import { watchHandles } from '../helpers/handles.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const NO_TEXTS = [7, null, {}, [], '', true];
/** The last two cannot be converted to a number. */
const NO_NUMBERS = [
  ...['7', null, {}, [], Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, true, 7n],
  ...[Symbol('7'), Object.create(null)],
];
const NO_FUNCTIONS = [7, null, {}, 'x'];
const NO_LIMITS = [null, 7, [], { perAcount: {} }, { perAccount: null }, { anywhere: 10 }];

/** Values that no option of this name can have. */
const WRONG: Readonly<Record<keyof AuthOptions, readonly unknown[]>> = {
  db: [undefined, null, 7, {}, 'mongodb://127.0.0.1', { collection: () => undefined }],
  secrets: [undefined, null, 'text', [], {}, [7], [null], [undefined], ['short']],
  privateKey: NO_TEXTS,
  publicKeys: NO_TEXTS,
  issuer: NO_TEXTS,
  audience: NO_TEXTS,
  accessTokenTtl: NO_NUMBERS,
  refreshTokenIdleTtl: NO_NUMBERS,
  refreshTokenMaxTtl: NO_NUMBERS,
  refreshGrace: NO_NUMBERS,
  maxSessions: NO_NUMBERS,
  bcryptCost: NO_NUMBERS,
  bcryptThreads: NO_NUMBERS,
  passwordMinLength: NO_NUMBERS,
  rememberedTokenBytes: NO_NUMBERS,
  deadline: [...NO_NUMBERS, 0],
  follow: [...NO_TEXTS, 'on', 'AUTO'],
  followerLease: NO_NUMBERS,
  onFollower: NO_FUNCTIONS,
  loginLimits: NO_LIMITS,
  log: [null, 7, {}, { warn: () => undefined }],
  clock: [...NO_FUNCTIONS, () => 'now', () => Number.NaN],
};

/** Values of the right type that are refused all the same: the later, the more could have been made before. */
const OUT_OF_BOUNDS: readonly Partial<AuthOptions>[] = [
  { passwordMinLength: 4 },
  { bcryptCost: 3 },
  { bcryptThreads: 0 },
  { loginLimits: { perAccount: { points: 0, duration: 1_000 } } },
  { accessTokenTtl: 1 },
  { followerLease: 999 },
  { followerLease: 30_001 },
  { followerLease: 3_182 }, // 1.1 of it and a second are more than nine tenths of the deadline of 5 seconds
];

// Serial ones run before all others, whose timers would be counted too.
test.serial(
  'a createAuth that throws leaves no timer and no thread, nor does a closed auth',
  async (t) => {
    const client = new MongoClient(testUri()); // one of `connect` has a timer of its own
    t.teardown(() => client.close());
    const good = { db: client.db(), secrets: [generateSecret()] };
    const handles = watchHandles();
    const wrong = Object.entries(WRONG).flatMap(([name, values]) =>
      values.map((value) => ({ [name]: value }) as Partial<AuthOptions>),
    );
    for (const options of [...wrong, ...OUT_OF_BOUNDS]) {
      await t.throwsAsync(createAuth({ ...good, ...options }), { instanceOf: TypeError });
    }
    t.deepEqual(await handles.left(), []);
    const auth = await createAuth(good);
    await auth.checkHealth();
    t.true(handles.open().length >= 4, 'what is watched is seen');
    await auth.close();
    t.deepEqual(await handles.left(), []);
  },
);

test('an option of the wrong type is a TypeError by its name, and leaves no listener', async (t) => {
  const { db } = emptyDatabase(t);
  const good = { db, secrets: [generateSecret()] };
  await db.command({ ping: 1 });
  const listeners = () =>
    db.client.eventNames().map((name) => [name, db.client.listenerCount(name)]);
  const before = listeners();
  for (const [name, values] of Object.entries(WRONG)) {
    for (const value of values) {
      const text = `${name}: ${String(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))}`;
      const options = { ...good, [name]: value } as AuthOptions;
      const error = await t.throwsAsync(createAuth(options), { instanceOf: TypeError }, text);
      t.true(new RegExp(`^"${name}(\\[0\\])?"`).test(error?.message ?? ''), error?.message);
    }
  }
  t.deepEqual(listeners(), before);
});

test('an option that no option is named like is a TypeError by its name', async (t) => {
  const { db } = emptyDatabase(t);
  const options = { db, secrets: [generateSecret()], acessTokenTtl: 1_000 };
  await t.throwsAsync(createAuth(options), { instanceOf: TypeError, message: /^"acessTokenTtl"/ });
  for (const [name, instead] of [
    ['maxStaleness', '"follow" and "followerLease"'],
    ['proofInterval', '"follow" and "followerLease"'],
    ['onPrimaryProof', '"onFollower"'],
  ] as const) {
    const message = new RegExp(`^"${name}" is gone: .*${instead}.*Remove the option`);
    const asked = createAuth({ db, secrets: [generateSecret()], [name]: 1_000 });
    await t.throwsAsync(asked, { instanceOf: TypeError, message });
  }
  for (const none of [undefined, null, 'x']) {
    const asked = createAuth(none as unknown as AuthOptions);
    await t.throwsAsync(asked, { instanceOf: TypeError, message: /^"options"/ });
  }
});

test('a URI that is missing is a TypeError that names it', (t) => {
  for (const uri of [undefined, null, '', '  ', 7, {}] as unknown as string[]) {
    t.throws(() => connect(uri), { instanceOf: TypeError, message: /^"uri"/ });
    t.truthy(uriFault(uri));
  }
});

const WRONG_CONNECT: Readonly<Record<string, readonly unknown[]>> = {
  options: [null, 7, 'x', true],
  deadline: [...NO_NUMBERS, 0],
  follow: [...NO_TEXTS, 'on', 'AUTO'],
  followerLease: NO_NUMBERS,
  onFollower: NO_FUNCTIONS,
  commandTimeout: NO_NUMBERS,
  appName: [...NO_TEXTS, 'x'.repeat(129)],
  maxPoolSize: [...NO_NUMBERS, 0, 1_001],
  dedline: [5],
};

test('an option of connect of the wrong type is a TypeError by its name', (t) => {
  for (const [name, values] of Object.entries(WRONG_CONNECT)) {
    for (const value of values) {
      const options = (name === 'options' ? value : { [name]: value }) as ConnectOptions;
      const message = new RegExp(`^"${name}"`);
      t.throws(() => connect('mongodb://127.0.0.1:1/x', options), {
        instanceOf: TypeError,
        message,
      });
    }
  }
});

test('what middleware is made with is checked by name where it is made', (t) => {
  const make: readonly (readonly [
    name: string,
    make: (value: never) => unknown,
    wrong: unknown[],
  ])[] = [
    ['role', requireRole, [undefined, null, '', 7, ['admin']]],
    ['options', handleErrors, [null, 7, 'x']],
    ['all', handleErrors, [{ all: 'yes' }, { all: null }]],
    ['al', handleErrors, [{ al: true }]],
    ['auth', authenticate, [undefined, null, {}, Promise.resolve({})]],
  ];
  for (const [name, middleware, values] of make) {
    for (const value of values) {
      const message = new RegExp(`^"${name}"`);
      t.throws(() => middleware(value as never), { instanceOf: TypeError, message });
    }
  }
});

/** Values that plain JavaScript may pass as a caller, and the name in the error. */
const CALLERS: readonly [caller: unknown, named: RegExp][] = [
  [undefined, /^"caller" is missing/],
  [null, /^"caller" is missing/],
  ['192.0.2.1', /^"caller" is missing/],
  [{}, /^"caller.ip"/],
  [{ ip: undefined }, /^"caller.ip"/],
  [{ ip: ['192.0.2.1'] }, /^"caller.ip"/],
  [{ ip: '::1', userAgent: null }, /^"caller.userAgent"/],
  [{ ip: '::1', requestId: 7 }, /^"caller.requestId"/],
  [{ ip: '::1', actor: {} }, /^"caller.actor"/],
  [{ ip: '::1', deadline: '5s' }, /^"caller.deadline"/],
  [{ ip: '::1', deadline: Number.NaN }, /^"caller.deadline"/],
  [{ ip: '::1', principal: {} }, /^"caller.principal"/],
  [
    { ip: '::1', principal: { user: { id: { $ne: null } }, sessionId: 'x' } },
    /^"caller.principal"/,
  ],
];

test('a caller that is missing or wrong is a TypeError that names it, in every use case', async (t) => {
  const { auth } = await testAuth(t);
  for (const useCase of listUseCases(auth)) {
    for (const [caller, message] of CALLERS) {
      await t.throwsAsync(useCase({}, caller), { instanceOf: TypeError, message });
    }
    const bare = useCase('token', CALLER);
    await t.throwsAsync(bare, { instanceOf: TypeError, message: /^"input"/ });
  }
});

test('ids and credentials that are no strings name nothing, and reach no query', async (t) => {
  const { auth, collections } = await testAuth(t);
  const { email } = await addUser(collections);
  const { accessToken: token } = await auth.login({ email, password: PASSWORD }, CALLER);
  const principal = await auth.authenticate({ token }, CALLER);
  const caller = { ...CALLER, principal };
  // biome-ignore lint/suspicious/noExplicitAny: what callers without types may send
  const odd: any = { $ne: null };
  const notFound = { code: 'not_found' };
  await t.throwsAsync(auth.sessions.end({ sessionId: odd }, caller), notFound);
  await t.throwsAsync(auth.admin.userSessions({ userId: odd }, caller), notFound);
  await t.throwsAsync(auth.admin.revokeUserTokens({ userId: odd }, caller), notFound);
  const invalid = { code: 'invalid_client' };
  for (const credentials of [undefined, null, odd, { clientId: odd, clientSecret: odd }]) {
    await t.throwsAsync(auth.introspect({ credentials, token }, caller), invalid);
    await t.throwsAsync(auth.revokeToken({ credentials, token }, caller), invalid);
  }
  await t.throwsAsync(auth.refresh({ refreshToken: odd }, caller), {
    code: 'refresh_token_malformed',
  });
  for (const dryRun of ['false', 0, null] as unknown as boolean[]) {
    const asked = auth.admin.revokeEveryone({ dryRun }, caller);
    await t.throwsAsync(asked, { instanceOf: TypeError, message: /^"dryRun"/ });
  }
  t.is((await auth.authenticate({ token }, CALLER)).sessionId, principal.sessionId);
});

for (const [deadline, lease] of [
  [1, 2_000], // longer than the deadline allows: the server does not follow
  [1_799, 2_000],
  [1_800, 563],
  [2_000, 727],
  [3_556, 2_000],
  [60_000, 2_000],
] as const) {
  test(`with a deadline of ${deadline} ms the lease is ${lease} ms`, (t) => {
    const options = { deadline, followerLease: undefined } as ResolvedOptions;
    t.is(shortestLease(options), lease);
  });
}
