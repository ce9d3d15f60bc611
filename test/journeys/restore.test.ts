import { cp, rm } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { createUsers } from '../../lib/store/accounts/users.ts';
import { type Collections, openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { MINUTE } from '../../lib/time.ts';
import type { User } from '../../lib/user.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { ageDeployment, emptyDatabase, migratedDatabase, migrateNow } from '../helpers/database.ts';
import { readClaims } from '../helpers/forged-tokens.ts';
import { type OwnMongod, ownMongod } from '../helpers/mongod.ts';
import { emptyFolder, rescind } from '../helpers/processes.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { post, send, sendAs, serve } from '../helpers/server.ts';
import { openSession, refresh, type Tokens, toTokens } from '../helpers/sessions.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { changePassword } from './change-password.ts';

/** Returns the outcome of `GET /api/auth/me`. */
const me = async (url: string, { access }: Pick<Tokens, 'access'>) =>
  toOutcome(await sendAs(access, `${url}/api/auth/me`));

interface Deployment {
  readonly uri: string;
  readonly collections: Collections;
  readonly url: string;
  readonly secret: string;
}

async function deploymentOn(t: ExecutionContext, uri: string): Promise<Deployment> {
  const { db, close } = connect(uri, { deadline: MINUTE });
  t.teardown(close);
  await migrateNow(db);
  const collections = openCollections(db);
  await ageDeployment(collections);
  return { uri, collections, ...(await serve(t, { MONGODB_URI: uri })) };
}

/** Stops MongoDB and copies its folder; the answer stops it again, and puts the copy in its place. */
async function backUp(t: ExecutionContext, mongod: OwnMongod) {
  const copy = emptyFolder(t);
  await mongod.kill();
  await cp(mongod.dataFolder, copy, { recursive: true });
  await mongod.restart();

  return async function restore(): Promise<void> {
    await mongod.kill();
    await rm(mongod.dataFolder, { recursive: true });
    await cp(copy, mongod.dataFolder, { recursive: true });
    await mongod.restart();
  };
}

async function untilReady(url: string): Promise<void> {
  await waitFor('A ready server', async () => (await send(`${url}/readyz`)).status === 200);
}

/** Users of the backup: one who logs out later, and one who changes the password. */
interface Before {
  readonly user: User;
  readonly other: User;
  readonly session: Tokens;
  readonly kept: Tokens;
}

async function before({ url, collections }: Deployment): Promise<Before> {
  const [user, other] = [await addUser(collections), await addUser(collections)];
  const session = await openSession(url, user.email);
  return { user, other, session, kept: await openSession(url, user.email) };
}

/** Does the work that comes after the backup and is not in it. */
async function after(t: ExecutionContext, { url, collections }: Deployment, it: Before) {
  const asked = [
    await sendAs(it.session.access, `${url}/api/auth/logout`, 'POST'),
    await sendAs(
      (await openSession(url, it.user.email)).access,
      `${url}/api/auth/revoke-all-tokens`,
      'POST',
    ),
  ];
  const next = await openSession(url, it.user.email); // with a stamp that the lost cutoff has lifted
  t.true(readClaims(next.access).stamp > Date.now() + 9 * MINUTE);
  const stolen = await openSession(url, it.other.email);
  asked.push(await changePassword(url, stolen.access));
  await createUsers(collections).disable(it.user.id);
  const newcomer = await openSession(url, (await addUser(collections)).email);
  t.deepEqual(
    asked.map(({ status }) => status),
    [200, 200, 200],
  );
  const changed = toTokens(asked[2] ?? t.fail());
  return { revoked: [it.session, it.kept, stolen], others: [next, changed, newcomer] };
}

test('A restored folder brings revoked tokens back; --after-restore refuses all that was issued before, and logins work', async (t) => {
  const mongod = await ownMongod(t);
  const deployment = await deploymentOn(t, mongod.uri);
  const { url, secret } = deployment;
  const it = await before(deployment);
  const restore = await backUp(t, mongod);
  await untilReady(url);
  const { revoked, others } = await after(t, deployment, it);
  for (const tokens of revoked) t.regex(await me(url, tokens), /^401 /);

  await restore();
  await untilReady(url);
  const started = await serve(t, { MONGODB_URI: mongod.uri, JWT_SECRET_KEY: secret });
  for (const at of [url, started.url]) {
    for (const tokens of revoked) t.is(await me(at, tokens), '200', 'the danger is real');
  }

  const migrated = await rescind(t, ['migrate', '--after-restore'], {
    env: { MONGODB_URI: mongod.uri },
  });
  t.deepEqual([migrated.code, migrated.stderr], [0, '']);
  const next = await serve(t, { MONGODB_URI: mongod.uri, JWT_SECRET_KEY: secret });
  for (const at of [url, started.url, next.url]) {
    for (const tokens of [...revoked, ...others]) {
      t.is(await me(at, tokens), refusal('user_tokens_revoked'));
      t.regex(toOutcome(await refresh(at, tokens.refresh)), /^401 refresh_token_(revoked|expired)/);
    }
    // As in the backup: not disabled any more, and with the old password.
    for (const { email } of [it.user, it.other]) {
      t.is(await me(at, await openSession(at, email)), '200');
    }
  }
});

/** Dumps and restores as mongodump and mongorestore do, but for the indexes of revoked_tokens: into a database that other servers know. */
async function copyDatabase(t: ExecutionContext, from: Collections): Promise<string> {
  const { uri, db } = emptyDatabase(t);
  const source = from.users.db;
  for (const { name, options } of await source.listCollections({}, { nameOnly: false }).toArray()) {
    const made = await db.createCollection(name, { ...options });
    const documents = await source.collection(name).find().toArray();
    if (documents.length > 0) await made.insertMany(documents);
    const indexes = await source.collection(name).indexes();
    for (const { v: _, key, ...how } of name === 'revoked_tokens' ? [] : indexes.slice(1)) {
      await made.createIndex(key, how);
    }
  }
  return uri;
}

test('A backup restored into another cluster: servers there accept nothing of before once --after-restore has run', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const old = await serve(t, { MONGODB_URI: uri });
  const { email } = await addUser(collections);
  const tokens = await openSession(old.url, email);
  const MONGODB_URI = await copyDatabase(t, collections);
  await sendAs(tokens.access, `${old.url}/api/auth/logout`, 'POST');
  const { url } = await serve(t, { MONGODB_URI, JWT_SECRET_KEY: old.secret });
  t.is(await me(url, tokens), '200', 'the danger is real');
  const { code, stdout } = await rescind(t, ['migrate', '--after-restore'], {
    env: { MONGODB_URI },
  });
  t.is(code, 0);
  t.regex(stdout, /create index expires_at_1 on revoked_tokens/); // what was not in the backup is made
  t.is(await me(url, tokens), refusal('user_tokens_revoked'));
  t.is(await me(url, await openSession(url, email)), '200');
  t.is((await post(`${old.url}/api/auth/login`, { email, password: PASSWORD })).status, 200);
});
