import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { planMigration } from '../../lib/store/migrations/migrate.ts';
import { SENTINEL } from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { userEntry } from '../../lib/store/revocations/entry-ids.ts';
import { DAY } from '../../lib/time.ts';
import { routes } from '../../server/routes.ts';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { ageDeployment, migratedDatabase, migrateNow } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { revocationsOn } from '../helpers/revocations-on.ts';
import { type Answer, logIn, post, send, sendAs, testServer } from '../helpers/server.ts';
import { openSession, refresh, type Tokens } from '../helpers/sessions.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** Starts a deployment with everything in it that a lost `revoked_tokens` could bring back. */
async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  const { url, collections } = server;
  await ageDeployment(collections);
  const client = await addClient(collections);
  const user = await addUser(collections, { roles: ['admin'] });
  const other = await addUser(collections);
  const loggedOut = await openSession(url, user.email);
  const ofOther = await openSession(url, other.email);
  const byClient = await openSession(url, user.email);
  const answers = [
    await sendAs(loggedOut.access, `${url}/api/auth/logout`, 'POST'),
    await sendAs(ofOther.access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
    await postForm(`${url}/oauth/revoke`, { token: byClient.refresh }, basic(client)),
  ];
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  /** Tokens of an admin that are never revoked. */
  const living = await openSession(url, user.email);
  return { ...server, user, client, living, revoked: [loggedOut, ofOther, byClient] };
}

async function me(url: string, { access }: Pick<Tokens, 'access'>): Promise<string> {
  return toOutcome(await sendAs(access, `${url}/api/auth/me`));
}

interface Loss {
  readonly lose: (it: Fixture) => Promise<unknown>;
  /** The remedy of an operator; the server is not restarted. */
  readonly mend?: (it: Fixture) => Promise<unknown>;
}

const LOSSES: Readonly<Record<string, Loss>> = {
  dropped: { lose: ({ collections }) => collections.revokedTokens.drop() },
  emptied: { lose: ({ collections }) => collections.revokedTokens.deleteMany({}) },
  'renamed away': { lose: ({ db }) => db.renameCollection('revoked_tokens', 'moved') },
  'left without its sentinel': {
    lose: ({ collections }) => collections.revokedTokens.deleteOne({ _id: SENTINEL }),
  },
  'lost with all sessions': {
    async lose({ collections }) {
      await collections.revokedTokens.drop();
      await collections.sessions.drop();
    },
  },
  'replaced by a view': {
    async lose({ db }) {
      await db.renameCollection('revoked_tokens', 'moved');
      await db.createCollection('revoked_tokens', { viewOn: 'users', pipeline: [] });
    },
    mend: dropAndMigrate,
  },
  'replaced by a capped collection': {
    async lose({ db, collections }) {
      await collections.revokedTokens.drop();
      await db.createCollection('revoked_tokens', { capped: true, size: 65_536 });
    },
    mend: dropAndMigrate,
  },
  'capped, so that the oldest entries make room': {
    async lose({ db, collections }) {
      const revocations = revocationsOn(collections);
      const userIds = Array.from({ length: 50 }, () => randomUUID());
      await Promise.all(
        userIds.map((userId) => revocations.revokeUser({ userId, reason: 'x', revokedBy: 'y' })),
      );
      await db.command({ convertToCapped: 'revoked_tokens', size: 4_096 });
    },
    mend: dropAndMigrate,
  },
};

/** Lists a request to every endpoint that decides something, with these tokens. */
function listRequests({ url, user, client }: Fixture, tokens: Tokens) {
  const authorization = `Bearer ${tokens.access}`;
  const ofRoutes = routes
    .filter(({ access }) => access !== 'anyone')
    .map(({ method, path, access, body }) => {
      const target = url + path.replace(':id', randomUUID());
      const ask = (): Promise<Answer> => {
        if (access === 'client') return postForm(target, { token: tokens.access }, basic(client));
        if (body !== undefined) return post(target, {}, { authorization });
        return sendAs(tokens.access, target, method.toUpperCase());
      };
      return [`${method} ${path}`, ask] as const;
    });
  return {
    login: () => post(`${url}/api/auth/login`, { email: user.email, password: PASSWORD }),
    refresh: () => refresh(url, tokens.refresh),
    'revocation of a refresh token': () =>
      postForm(`${url}/oauth/revoke`, { token: tokens.refresh }, basic(client)),
    ...Object.fromEntries(ofRoutes),
  };
}

/** Asserts that every endpoint answers 503 to every token, and that the log and `/readyz` tell the remedy. */
async function assertNothingDecided(t: ExecutionContext, it: Fixture, remedy: RegExp) {
  for (const tokens of [it.living, ...it.revoked.slice(0, 1)]) {
    for (const [name, ask] of Object.entries(listRequests(it, tokens))) {
      const { status, headers, body } = await ask();
      t.is(status, 503, `${name}: ${JSON.stringify(body)}`);
      t.regex(body.code ?? body.error, /^(store_unavailable|temporarily_unavailable)$/, name);
      t.regex(headers.get('retry-after') ?? '', /^[1-9]\d*$/, name);
    }
  }
  for (const tokens of it.revoked) t.is((await me(it.url, tokens)).slice(0, 3), '503');
  t.true(
    it.log.some((line) => remedy.test(JSON.stringify(line))),
    'The log does not tell the remedy',
  );
  const { status, body } = await send(`${it.url}/readyz`);
  t.deepEqual([status, body.checks.sentinel.ok], [503, false]);
  t.regex(body.checks.sentinel.detail, remedy);
}

/** Asserts that all tokens of before are refused for good, and that tokens of a new login work at once. */
async function assertStartedAnew(t: ExecutionContext, { url, ...it }: Fixture) {
  t.is((await send(`${url}/readyz`)).status, 200);
  const fresh = await openSession(url, it.user.email);
  t.is(await me(url, it.living), refusal('user_tokens_revoked'));
  for (const tokens of [it.living, ...it.revoked]) {
    t.regex(await me(url, tokens), /^401 (user_tokens|token)_revoked/); // by its own entry, where that is left
    t.regex(toOutcome(await refresh(url, tokens.refresh)), /^401 refresh_token_(revoked|expired)/);
  }
  t.is(await me(url, fresh), '200');
  t.is((await refresh(url, fresh.refresh)).status, 200);
  const next = await logIn(url, it.user.email);
  t.is((await sendAs(next, `${url}/api/auth/logout`, 'POST')).status, 200);
  t.is(toOutcome(await sendAs(next, `${url}/api/auth/me`)), refusal('token_revoked'));
}

for (const [what, { lose, mend = ({ db }: Fixture) => migrateNow(db) }] of Object.entries(LOSSES)) {
  test(`revoked_tokens ${what}: 503 everywhere until migrate, and it never un-revokes`, async (t) => {
    const it = await openFixture(t);
    await lose(it);
    await assertNothingDecided(t, it, /Run: npm run migrate/);
    await mend(it);
    await assertStartedAnew(t, it);
  });
}

/** The thing in place of the collection is in the way of migrate, which says so. */
async function dropAndMigrate({ db }: Fixture): Promise<void> {
  const { conflicts } = await planMigration(db, { auditRetention: 400 * DAY });
  const sentences = conflicts.map(({ message }) => message).join('\n');
  if (!sentences.includes('revoked_tokens is not a plain collection')) {
    throw new Error(`Another conflict was reported: ${sentences}`);
  }
  await db.dropCollection('revoked_tokens');
  await migrateNow(db);
}

test('The whole database dropped: 503 until migrate, and with its users back nothing of before passes', async (t) => {
  const it = await openFixture(t);
  const users = await it.collections.users.find().toArray();
  await it.db.dropDatabase();
  await assertNothingDecided(t, it, /Run: npm run migrate/);
  await migrateNow(it.db);
  await it.collections.users.insertMany(users);
  await assertStartedAnew(t, it);
});

test('With revoked_tokens of another database everything is 503 until it is said to be a restore, and then nothing of before passes', async (t) => {
  const it = await openFixture(t);
  const foreign = await migratedDatabase(t);
  await it.collections.revokedTokens.deleteMany({});
  await it.collections.revokedTokens.insertMany(
    await foreign.collections.revokedTokens.find().toArray(),
  );
  await assertNothingDecided(t, it, /npm run migrate -- --after-restore/);
  const env = { MONGODB_URI: it.uri };
  t.is((await rescind(t, ['migrate', '--after-restore'], { env })).code, 0);
  await assertStartedAnew(t, it);
});

test('Another database with its own schema is what the server goes on with: whom it does not know is refused', async (t) => {
  const it = await openFixture(t);
  const foreign = await openFixture(t);
  await replaceDatabase(it.db, foreign.db);
  for (const tokens of [it.living, ...it.revoked]) {
    t.is(await me(it.url, tokens), refusal('invalid_token'));
  }
  t.is(await me(it.url, await openSession(it.url, foreign.user.email)), '200');
});

async function replaceDatabase(db: Db, foreign: Db): Promise<void> {
  for (const { name } of await foreign.listCollections({}, { nameOnly: true }).toArray()) {
    await db.collection(name).deleteMany({});
    const documents = await foreign.collection(name).find().toArray();
    if (documents.length > 0) await db.collection(name).insertMany(documents);
  }
}

test('A view onto the same entries: what is revoked is still seen, and what cannot be written is 503', async (t) => {
  const it = await openFixture(t);
  await it.db.renameCollection('revoked_tokens', 'moved');
  await it.db.createCollection('revoked_tokens', { viewOn: 'moved', pipeline: [] });
  for (const path of ['logout', 'revoke-all-tokens']) {
    const { status } = await sendAs(it.living.access, `${it.url}/api/auth/${path}`, 'POST');
    t.is(status, 503, path);
  }
  for (const tokens of it.revoked) t.is((await me(it.url, tokens)).slice(0, 3), '401');
  t.is(await me(it.url, it.living), '200');
});

test('After the clock was set back two days a lost revoked_tokens un-revokes nothing either', async (t) => {
  const it = await openFixture(t);
  const { url, collections, user } = it;
  const id = userEntry(user.id);
  await revocationsOn(collections).revokeUser({ userId: user.id, reason: 'x', revokedBy: 'y' });
  const revoked_before = new Date(Date.now() + 2 * DAY);
  await collections.revokedTokens.updateOne({ _id: id }, { $set: { revoked_before } });
  const ahead = [await openSession(url, user.email), await openSession(url, user.email)] as const;
  await sendAs(ahead[0].access, `${url}/api/auth/logout`, 'POST');
  t.is(await me(url, ahead[1]), '200');
  await collections.revokedTokens.drop();
  await migrateNow(it.db);
  await assertStartedAnew(t, { ...it, revoked: [...it.revoked, ...ahead] });
});
