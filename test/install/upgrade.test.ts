/** Servers of the version before beside servers of this one, on one database, before and after `migrate`. */
import test, { type ExecutionContext } from 'ava';
import { migrate as migratePlan, planMigration } from '../../lib/store/migrations/migrate.ts';
import { DAY } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { emptyDatabase } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { openScope } from '../helpers/scope.ts';
import { logIn, post, postLogin, send, sendAs, serve } from '../helpers/server.ts';
import { openSession, refresh } from '../helpers/sessions.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { installVersionBefore } from './version-before.ts';

const NEW_PASSWORD = 'staple battery horse';

const file = openScope();
test.after.always(file.end);

let installing: ReturnType<typeof installVersionBefore> | undefined;

/** Installs the version before, once for all tests. */
function versionBefore() {
  installing ??= installVersionBefore(file);
  return installing;
}

/** Opens a database that the version before has migrated, with a server of that version and one of this one. */
async function openBoth(t: ExecutionContext, more: Record<string, string> = {}) {
  const before = await versionBefore();
  const { uri, db, collections } = emptyDatabase(t);
  const settings = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), ...more };
  const migrated = await before.rescind(t, ['migrate'], settings);
  t.is(migrated.code, 0, migrated.stderr);
  t.is((await collections.schema.findOne())?.version, 3);
  const old = await before.serve(t, settings);
  const { url } = await serve(t, settings);

  async function migrate() {
    const { code, stderr } = await rescind(t, ['migrate'], { env: settings });
    t.is(code, 0, stderr);
    t.is((await collections.schema.findOne())?.version, 4);
  }
  return { before, old, url, db, collections, settings, migrate };
}

const revokeAll = (token: string, url: string) =>
  sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST');
const logOut = (token: string, url: string) => sendAs(token, `${url}/api/auth/logout`, 'POST');

async function assertStatus(t: ExecutionContext, token: string, status: number, ...urls: string[]) {
  for (const url of urls) t.is((await sendAs(token, `${url}/api/auth/me`)).status, status, url);
}

test('the version before cannot revoke all of a user whom this version has revoked, once the database is migrated', async (t) => {
  const { old, url, collections, migrate } = await openBoth(t);
  const { id, email } = await addUser(collections);
  t.is((await revokeAll(await logIn(url, email), url)).status, 200);
  const second = await logIn(old, email);
  t.is((await revokeAll(second, old)).status, 200);
  await assertStatus(t, second, 401, old, url);
  t.is((await revokeAll(await logIn(old, email), url)).status, 200);
  const living = await logIn(old, email);
  await migrate();

  const entry = await collections.revokedTokens.findOne({ _id: `user:${id}` });
  t.like(entry, { writes: 3, fenced_writes: 3 });
  t.is((await revokeAll(living, old)).status, 503);
  t.deepEqual(await collections.revokedTokens.findOne({ _id: `user:${id}` }), entry);
  await assertStatus(t, living, 200, old, url);
  t.is((await revokeAll(living, url)).status, 200);
  await assertStatus(t, living, 401, old, url);
});

test('on schema 3 both versions log in, refresh, check and revoke, and the new one is ready', async (t) => {
  const { old, url, collections, settings } = await openBoth(t);
  const { email } = await addUser(collections);
  for (const each of [old, url]) t.is((await send(`${each}/readyz`)).status, 200, each);
  for (const [one, other] of [
    [old, url],
    [url, old],
  ] as const) {
    const session = await openSession(one, email);
    await assertStatus(t, session.access, 200, old, url);
    t.is((await refresh(other, session.refresh)).status, 200);
    t.is((await logOut(session.access, one)).status, 200);
    await assertStatus(t, session.access, 401, old, url);
    t.is((await refresh(other, session.refresh)).status, 401);
    t.is((await logOut(session.access, other)).status, 200); // again, at the other version
  }
  const check = await rescind(t, ['migrate', '--check'], { env: settings });
  t.is(check.code, 1);
  t.regex(check.stderr, /to do: write schema version 4$/m);
  const added = ['client:create', '--name', 'orders'];
  t.is((await rescind(t, added, { env: settings })).code, 0);
});

test('after migrate the version before logs in, refreshes and checks, and answers revocations 503', async (t) => {
  const { before, old, url, collections, settings, migrate } = await openBoth(t);
  const { id, email } = await addUser(collections);
  const [ended, living] = [await openSession(old, email), await openSession(old, email)];
  t.is((await logOut(ended.access, old)).status, 200);
  await migrate();

  t.is((await logOut(ended.access, old)).status, 503); // the entry is of the version before
  t.is((await logOut(living.access, old)).status, 503);
  await assertStatus(t, living.access, 200, old, url);
  t.is((await refresh(old, living.refresh)).status, 200);
  t.is((await logOut(ended.access, url)).status, 200);
  t.is((await logOut(living.access, url)).status, 200);
  await assertStatus(t, living.access, 401, old, url);
  t.is((await refresh(old, living.refresh)).status, 401);
  await assertStatus(t, await logIn(old, email), 200, old, url);

  const created = await before.rescind(t, ['client:create', '--name', 'orders'], settings);
  t.is(created.code, 1, created.stderr);
  const revoked = await before.rescind(t, ['revoke', '--user', id], settings);
  t.is(revoked.code, 69, revoked.stderr);
  const migrated = await before.rescind(t, ['migrate'], settings);
  t.is(migrated.code, 1);
  t.regex(migrated.stderr, /The schema is at version 4, which needs a newer rescind/);
});

test('after migrate the version before keeps a new password, and cannot end sessions by it or by a login', async (t) => {
  const { old, url, collections, migrate } = await openBoth(t, { MAX_SESSIONS: '2' });
  const { email } = await addUser(collections);
  const sessions = [await openSession(old, email), await openSession(old, email)];
  await migrate();
  const surplus = await postLogin(old, { email, password: PASSWORD });
  t.is(surplus.status, 503);
  const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD };
  const change = (server: string, token: string) =>
    post(`${server}/api/auth/change-password`, passwords, { authorization: `Bearer ${token}` });
  for (const { access } of sessions) {
    t.is((await change(old, access)).status, 503);
    await assertStatus(t, access, 200, old, url);
  }
  t.is((await change(url, sessions[1]?.access ?? '')).status, 200);
  for (const { access } of sessions) await assertStatus(t, access, 401, old, url);
  await assertStatus(t, await logIn(url, email, NEW_PASSWORD), 200, old, url);
});

test('after migrate a server of the version before that starts is not ready, and checks', async (t) => {
  const { before, url, collections, settings, migrate } = await openBoth(t);
  await migrate();
  const { email } = await addUser(collections);
  const late = await before.serve(t, settings);
  const { status, body } = await send(`${late}/readyz`);
  t.deepEqual([status, body.checks.schema.ok, body.checks.writes.ok], [503, true, false]);
  const token = await logIn(url, email);
  await assertStatus(t, token, 200, late);
  t.is((await logOut(token, url)).status, 200);
  await assertStatus(t, token, 401, late);
});

test('where the version is set back, migrate of the version before lets its servers revoke again', async (t) => {
  const { before, old, url, collections, settings, migrate } = await openBoth(t);
  const { email } = await addUser(collections);
  await migrate();
  const token = await logIn(url, email);
  t.is((await logOut(token, url)).status, 200);
  t.is((await logOut(token, old)).status, 503);

  await collections.schema.updateOne({ _id: 'rescind' }, { $set: { version: 3 } });
  const migrated = await before.rescind(t, ['migrate'], settings);
  t.is(migrated.code, 0, migrated.stderr);
  t.is((await logOut(token, old)).status, 200);
  t.is((await logOut(token, url)).status, 200);
  t.is((await send(`${url}/readyz`)).status, 200);
  await migrate();
  t.is((await logOut(token, old)).status, 503);
});

test('a migrate of the version before that runs after any step of migrate takes no step back', async (t) => {
  const { before, old, url, db, collections, settings } = await openBoth(t);
  const { conflicts, steps } = await planMigration(db, { auditRetention: 400 * DAY });
  for (const each of steps) {
    await migratePlan({ conflicts, steps: [each] }, () => undefined);
    const { code, stderr } = await before.rescind(t, ['migrate'], settings);
    t.is(code, 1, each.description);
    t.regex(stderr, /which needs a newer rescind/);
    t.is((await send(`${url}/readyz`)).status, 200, each.description);
  }
  t.is((await collections.schema.findOne())?.version, 4);
  const token = await logIn(url, (await addUser(collections)).email);
  t.is((await logOut(token, old)).status, 503);
  t.is((await logOut(token, url)).status, 200);
});
