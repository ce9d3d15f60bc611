import { randomUUID } from 'node:crypto';
import test from 'ava';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { createAuth } from '../../lib/auth.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { CALLER, listUseCases, PATIENT, testAuth } from '../helpers/auth.ts';
import { emptyDatabase, migratedDatabase, testUri } from '../helpers/database.ts';
import { type emptyFolder, run } from '../helpers/processes.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('a client with raw is refused by name, wherever it was set', async (t) => {
  const uri = testUri();
  const raw = new MongoClient(uri, { raw: true });
  const plain = new MongoClient(uri);
  t.teardown(() => Promise.all([raw.close(), plain.close()]));
  for (const db of [raw.db(), plain.db('x', { raw: true })]) {
    const made = createAuth({ db, secrets: [generateSecret()] });
    await t.throwsAsync(made, { instanceOf: TypeError, message: /^"db" .*raw/ });
  }
});

/** Options that the owner of a client may have set for documents of their own. */
const OPTIONS: readonly MongoClientOptions[] = [
  { promoteValues: false },
  { promoteLongs: false },
  { promoteBuffers: true },
  { useBigInt64: true },
  { bsonRegExp: true },
  { ignoreUndefined: true, serializeFunctions: true, enableUtf8Validation: false },
  { fieldsAsRaw: { roles: true, cursor: true } },
  { readPreference: 'secondaryPreferred', readConcernLevel: 'majority', writeConcern: { w: 0 } },
  { readPreference: 'secondary', readConcernLevel: 'available' },
  { readConcernLevel: 'linearizable' },
  { retryWrites: false, retryReads: false },
  { forceServerObjectId: true },
  { pkFactory: { createPk: () => 'own' } },
  { serverApi: { version: '1', strict: true, deprecationErrors: true } },
  { monitorCommands: true, compressors: ['zlib'], maxPoolSize: 2 },
];

test('no option of a client changes how a login, a check, a refresh and a logout end', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  for (const options of OPTIONS) {
    const client = new MongoClient(uri, options);
    const auth = await createAuth({ db: client.db(), secrets: [generateSecret()], ...PATIENT });
    const text = JSON.stringify(options);
    const { refreshToken } = await auth.login({ email, password: PASSWORD }, CALLER);
    const { accessToken: token } = await auth.refresh({ refreshToken }, CALLER);
    const principal = await auth.authenticate({ token }, CALLER);
    t.is(principal.user.email, email, text);
    const { ok, checks } = await auth.checkHealth();
    t.true(ok, text + JSON.stringify(checks));
    t.true((await auth.sessions.list({}, { ...CALLER, principal })).length > 0, text);
    await auth.admin.auditEvents({}, CALLER);
    await auth.admin.stats({}, CALLER);
    await auth.logout({ token }, CALLER);
    await t.throwsAsync(auth.authenticate({ token }, CALLER), { code: 'token_revoked' }, text);
    await auth.close();
    await client.close();
  }
});

test('eleven auths share one client without a warning, and leave no listener', async (t) => {
  const { db } = emptyDatabase(t);
  await db.command({ ping: 1 });
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  t.teardown(() => process.off('warning', warn));
  const count = () => db.client.listenerCount('topologyDescriptionChanged');
  const before = count();
  const options = { db, secrets: [generateSecret()], ...PATIENT };
  const auths = await Promise.all(Array.from({ length: 12 }, () => createAuth(options)));
  await new Promise(setImmediate); // warnings are emitted in the next tick
  t.deepEqual(warnings, []);
  t.is(count(), before + 1);
  const [first, ...others] = auths;
  await Promise.all(others.map((auth) => auth.close()));
  await others[0]?.close();
  t.is(count(), before + 1, 'the first one still watches');
  await first?.close();
  t.is(count(), before);
});

test('a closed auth refuses everything as store_unavailable, with the message that it was closed', async (t) => {
  const { auth, collections } = await testAuth(t);
  const { email } = await addUser(collections);
  const { accessToken: token } = await auth.login({ email, password: PASSWORD }, CALLER);
  const underWay = auth.authenticate({ token }, CALLER);
  underWay.catch(() => undefined); // where this test fails before it is waited for
  const closing = auth.close();
  t.is(auth.close(), closing);
  for (const useCase of listUseCases(auth)) {
    const refused = { code: 'store_unavailable', message: /closed/ };
    await t.throwsAsync(useCase({ token, email, password: PASSWORD }, CALLER), refused);
  }
  t.is((await underWay).user.email, email, 'what was under way finishes');
  await closing;
  const { ok, checks } = await auth.checkHealth();
  t.false(ok);
  for (const check of Object.values(checks)) t.regex(check.detail ?? '', /closed/);
  t.deepEqual(auth.jwks(), { keys: [] });
});

/** Runs a program that has the library: it has to end by itself, with no timer and no thread left, not even an idle one. */
function runProgram(t: Parameters<typeof emptyFolder>[0], lines: string) {
  const library = new URL('../../lib/index.js', import.meta.url).href;
  const helper = new URL('../helpers/handles.js', import.meta.url).href;
  const program = `import { connect, createAuth } from '${library}';
    import { watchHandles } from '${helper}';
    const handles = watchHandles();
    ${lines}
    const left = await handles.left();
    if (left.length > 0) throw new Error('Left open: ' + left);`;
  return run(t, process.execPath, ['--input-type=module', '--eval', program], {});
}

const SECRET = generateSecret();

/** Programs, each of which ends by itself. */
const PROGRAMS: readonly [title: string, lines: (uri: string) => string][] = [
  [
    'a client that its owner closed is not connected again',
    (uri) => `const { db } = connect('${uri}');
      await db.command({ ping: 1 });
      await db.client.close();`,
  ],
  [
    'a client that its owner closed before it was ever connected is not connected either',
    () => `const { db } = connect('mongodb://127.0.0.1:1/x', { deadline: 100 });
      await db.command({ ping: 1 }).catch(() => undefined);
      await db.client.close();`,
  ],
  [
    'a closed auth leaves nothing that keeps a process alive',
    (uri) => `const { db, close } = connect('${uri}');
      const auth = await createAuth({ db, secrets: ['${SECRET}'] });
      await auth.checkHealth();
      await auth.login({ email: 'a@example.com', password: 'x' }, { ip: '::1' }).catch(() => {});
      if (handles.open().length < 4) throw new Error('They are not seen: ' + handles.open());
      await auth.close();
      await close();`,
  ],
  [
    'a createAuth that throws leaves nothing that keeps a process alive',
    (uri) => `const { db, close } = connect('${uri}');
      const perAccount = { points: 0, duration: 1000 };
      const late = [{ passwordMinLength: 4 }, { bcryptCost: 3 }, { loginLimits: { perAccount } }];
      for (const wrong of late) {
        await createAuth({ db, secrets: ['${SECRET}'], ...wrong }).then(
          () => process.exit(3), () => undefined);
      }
      await close();`,
  ],
];

for (const [title, lines] of PROGRAMS) {
  test(title, async (t) => {
    const { code, signal, stderr } = await runProgram(t, lines(testUri(`x_${randomUUID()}`)));
    t.deepEqual([code, signal, stderr], [0, null, '']);
  });
}
