import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import type { Document } from 'mongodb';
import { createAuth } from '../../lib/auth.ts';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect, orUnavailable } from '../../lib/store/mongo/database.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { PATIENT } from '../helpers/auth.ts';
import { type AuthMongod, authMongod } from '../helpers/auth-mongod.ts';
import { introspect, revoke } from '../helpers/clients.ts';
import { rescind, run, SERVER } from '../helpers/processes.ts';
import { post, send, sendAs, serve, serveAuth } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';

const PASTED = 'of-the-page';
const RAW = /execute command|\$db|lsid|\{/;

/** Runs the page's commands as a shell would: with a `db` and a prompt for passwords. */
async function paste({ root }: AuthMongod): Promise<void> {
  const [, script = ''] =
    /^```js\n([\s\S]*?)^```$/m.exec(readFileSync('docs/privileges.md', 'utf8')) ?? [];
  const commands: Document[] = [];
  const admin = {
    createRole: ({ role, ...rest }: Document) => commands.push({ createRole: role, ...rest }),
    createUser: ({ user, ...rest }: Document) => commands.push({ createUser: user, ...rest }),
  };
  const db = { getSiblingDB: () => admin };
  runInNewContext(script, { db, passwordPrompt: () => PASTED });
  if (commands.length !== 4) throw new Error('The page has to make two roles and two users');
  for (const command of commands) await root.db('admin').command(structuredClone(command));
}

test.serial('the two roles of the page are enough, and each refusal is one sentence', async (t) => {
  const mongod = await authMongod(t);
  await paste(mongod);
  const MIGRATE = { env: { MONGODB_URI: mongod.uriFor('rescind-migrate', PASTED) } };
  const SERVE = mongod.uriFor('rescind', PASTED);

  const atOnce = await Promise.all([1, 2, 3].map(() => rescind(t, ['migrate'], MIGRATE)));
  for (const { code, stderr } of atOnce) t.is(code, 0, stderr);
  const check = await rescind(t, ['migrate', '--check'], MIGRATE);
  t.is(check.code, 0, check.stderr);
  const restored = await rescind(t, ['migrate', '--after-restore'], MIGRATE);
  t.is(restored.code, 0, restored.stderr);
  t.is(restored.stderr, '');

  await mongod.root.db('rescind').collection('users').dropIndex('email_1');
  const refused = await rescind(t, ['migrate'], { env: { MONGODB_URI: SERVE } });
  t.is(refused.code, 78);
  t.regex(
    refused.stderr,
    /^MongoDB does not allow .* to run createIndexes on users\. Grant this user the role rescindMigrate\. See docs\/privileges\.md\n$/,
  );
  t.notRegex(refused.stderr, RAW);
  t.is((await rescind(t, ['migrate'], MIGRATE)).code, 0);

  await useEverything(t, SERVE);
});

async function useEverything(t: ExecutionContext, uri: string): Promise<void> {
  const env = { MONGODB_URI: uri, BCRYPT_COST: '10' };
  const email = 'ann@example.com';
  const create = ['user:create', '--email', email, '--company', 'c', '--role', 'admin'];
  const created = await rescind(t, [...create, '--without-rules'], { env, input: PASSWORD });
  t.is(created.code, 0, created.stderr);
  const { url, log } = await serve(t, env);
  const api = `${url}/api/auth`;
  const ready = await send(`${url}/readyz`);
  t.is(ready.status, 200, JSON.stringify(ready.body));

  t.is((await post(`${api}/login`, { email, password: 'wrong' })).status, 401);
  const login = async (password = PASSWORD) =>
    (await post(`${api}/login`, { email, password })).body;
  const { access_token: token, refresh_token } = await login();
  const renewed = await post(`${api}/refresh`, { refresh_token });
  t.is(renewed.status, 200);
  for (const path of [
    '/api/auth/me',
    '/api/auth/sessions',
    '/api/admin/audit-events',
    '/api/admin/stats',
    '/api/admin/users/nobody/sessions',
  ]) {
    const { status } = await sendAs(token, url + path);
    t.true(status === 200 || status === 404, `${path} ${status}`);
  }
  t.is((await sendAs(token, `${api}/sessions/revoke-others`, 'POST')).status, 200);
  const passwords = { current_password: PASSWORD, new_password: `another ${randomUUID()}` };
  const changed = await post(`${api}/change-password`, passwords, {
    authorization: `Bearer ${token}`,
  });
  t.is(changed.status, 200, JSON.stringify(changed.body));
  const next = changed.body.access_token;
  const everyone = await sendAs(next, `${url}/api/admin/revoke-everyone`, 'POST');
  t.is(everyone.status, 200, JSON.stringify(everyone.body));
  const last = (await login(passwords.new_password)).access_token;
  t.is((await sendAs(last, `${api}/logout`, 'POST')).status, 200);
  const all = (await login(passwords.new_password)).access_token;
  t.is((await sendAs(all, `${api}/revoke-all-tokens`, 'POST')).status, 200);

  for (const args of [
    ['client:create', '--name', 'orders'],
    ['client:list'],
    ['followers'],
    ['user:disable', '--email', email],
    ['user:enable', '--email', email],
    ['revoke', '--everyone'],
  ]) {
    const { code, stderr } = await rescind(t, args, { env });
    t.is(code, 0, `${args.join(' ')} ${stderr}`);
  }
  const registered = await rescind(t, ['client:create', '--name', 'reports'], { env });
  const [, clientId = ''] = /client_id=(\S+)/.exec(registered.stdout) ?? [];
  const [, clientSecret = ''] = /client_secret=(\S+)/.exec(registered.stdout) ?? [];
  const asked = (await login(passwords.new_password)).access_token;
  const client = { clientId, clientSecret };
  t.is((await introspect(url, client, asked)).body.active, true);
  t.is((await revoke(url, client, asked)).status, 200);
  const deleted = await rescind(t, ['client:delete', '--id', clientId], { env });
  t.is(deleted.code, 0, deleted.stderr);
  const loud = log.filter(({ level }) => Number(level) >= 40).map((line) => JSON.stringify(line));
  t.deepEqual(
    loud.filter((line) => /nauthorized|not authorized|lost/.test(line)),
    [],
  );
}

test.serial(
  'missing privileges of readWrite and read are reported with action, collection and role',
  async (t) => {
    const mongod = await authMongod(t);
    const admin = mongod.root.db('admin');
    const uris: Record<string, string> = {};
    for (const role of ['readWrite', 'read']) {
      const roles = [{ role, db: 'rescind' }];
      await admin.command({ createUser: role, pwd: PASTED, roles });
      uris[role] = mongod.uriFor(role, PASTED);
    }
    await admin.command({ createUser: 'root2', pwd: PASTED, roles: ['root'] });
    const env = (role: string) => ({ env: { MONGODB_URI: uris[role] ?? '' } });
    const migrated = await rescind(t, ['migrate'], {
      env: { MONGODB_URI: mongod.uriFor('root2', PASTED) },
    });
    t.is(migrated.code, 0, migrated.stderr);
    await mongod.root.db('rescind').command({ collMod: 'users', validator: {} });

    const changing = await rescind(t, ['migrate'], env('readWrite'));
    t.is(changing.code, 78);
    t.regex(
      changing.stderr,
      /^MongoDB does not allow .* to run collMod on users\. Grant this user the role rescindMigrate/,
    );
    t.notRegex(changing.stderr, RAW);

    const reading = await rescind(t, ['revoke', '--everyone'], env('read'));
    t.is(reading.code, 78);
    t.regex(
      reading.stderr,
      /run \w+ on revoked_tokens\. Grant this user the role rescindServer\. See docs/,
    );
    t.notRegex(reading.stderr, RAW);

    const secret = { JWT_SECRET_KEY: generateSecret(), PORT: '0', MONGODB_URI: uris['read'] ?? '' };
    const started = await run(t, process.execPath, [SERVER], { env: secret });
    t.is(started.code, 78);
    t.regex(
      started.stderr,
      /run update on revoked_tokens\. Grant this user the role rescindServer\. See docs/,
    );
    t.notRegex(started.stderr, RAW);
  },
);

test.serial(
  '/readyz is 503 for a user who may only read, with the privilege that is missing',
  async (t) => {
    const mongod = await authMongod(t);
    await paste(mongod);
    const MIGRATE = { env: { MONGODB_URI: mongod.uriFor('rescind-migrate', PASTED) } };
    t.is((await rescind(t, ['migrate'], MIGRATE)).code, 0);
    const roles = [{ role: 'read', db: 'rescind' }];
    await mongod.root.db('admin').command({ updateUser: 'rescind', roles });
    const { db, close } = connect(mongod.uriFor('rescind', PASTED));
    t.teardown(close);
    const auth = await createAuth({ db, secrets: [generateSecret()], ...PATIENT });
    t.teardown(() => auth.close());
    const { status, body } = await send(`${await serveAuth(t, auth)}/readyz`);
    t.deepEqual([status, body.checks.writes.ok, body.checks.indexes.ok], [503, false, true]);
    t.regex(
      body.checks.writes.detail,
      /run update on revoked_tokens\. Grant this user the role rescindServer\. See docs/,
    );
  },
);

/** Does with the database what a server that follows does. Each part rejects where the user lacks a privilege. */
function followingOn(t: ExecutionContext, uri: string) {
  const { db, close } = connect(uri);
  t.teardown(close);
  const { followers } = openCollections(db);
  const _id = randomUUID();
  return {
    async watch() {
      const feed = db.watch([], { maxAwaitTimeMS: 500 });
      t.teardown(() => feed.close());
      await orUnavailable(feed.tryNext());
      return feed;
    },
    insert: () =>
      orUnavailable(
        followers.insertOne({
          _id,
          lease: 2_000,
          position: null,
          began: { wall: Date.now(), mono: performance.now() },
          renewals: 0,
          host: 'a',
          version: '1',
          renewed_at: new Date(),
        }),
      ),
    find: () => orUnavailable(followers.findOne({ _id })),
    update: () => orUnavailable(followers.updateOne({ _id }, { $inc: { renewals: 1 } })),
    remove: () => orUnavailable(followers.deleteOne({ _id, renewals: 1 })),
  };
}

test.serial(
  'the role of the servers is enough to follow, and nothing of it can be left out',
  async (t) => {
    const mongod = await authMongod(t);
    await paste(mongod);
    const MIGRATE = { env: { MONGODB_URI: mongod.uriFor('rescind-migrate', PASTED) } };
    t.is((await rescind(t, ['migrate'], MIGRATE)).code, 0);
    const uri = mongod.uriFor('rescind', PASTED);

    const { watch, insert, find, update, remove } = followingOn(t, uri);
    const feed = await watch();
    await insert();
    t.is((await find())?.renewals, 0);
    await update();
    t.is((await remove()).deletedCount, 1);
    const seen: unknown[] = [];
    for (; seen.length < 3; ) seen.push((await feed.next()).operationType);
    t.deepEqual(seen, ['insert', 'update', 'delete']);

    const admin = mongod.root.db('admin');
    const { roles } = await admin.command({
      rolesInfo: { role: 'rescindServer', db: 'admin' },
      showPrivileges: true,
    });
    const { privileges } = roles[0];
    for (const [part, collection, action, sentence] of [
      ['watch', '', 'changeStream', /run changeStream\. Grant this user the role rescindServer$/],
      ['watch', '', 'find', /run changeStream\. Grant this user the role rescindServer$/],
      ['insert', 'followers', 'insert', /run insert on followers\. Grant this user the role/],
      ['update', 'followers', 'update', /run update on followers\. Grant this user the role/],
      ['remove', 'followers', 'remove', /run delete on followers\. Grant this user the role/],
    ] as const) {
      const fewer = privileges.map(({ resource, actions }: Document) => ({
        resource,
        actions: actions.filter(
          (each: string) => resource.collection !== collection || each !== action,
        ),
      }));
      await admin.command({ updateRole: 'rescindServer', privileges: fewer });
      const error = await t.throwsAsync(followingOn(t, uri)[part]());
      t.regex(error?.message ?? '', sentence, `${action} on ${collection}`);
      t.notRegex(error?.message ?? '', RAW);
    }
  },
);

test.serial(
  'a server that follows without the right to is ready, and says in one line what is missing',
  async (t) => {
    const mongod = await authMongod(t);
    await paste(mongod);
    const MIGRATE = { env: { MONGODB_URI: mongod.uriFor('rescind-migrate', PASTED) } };
    t.is((await rescind(t, ['migrate'], MIGRATE)).code, 0);
    const admin = mongod.root.db('admin');
    const { roles } = await admin.command({
      rolesInfo: { role: 'rescindServer', db: 'admin' },
      showPrivileges: true,
    });
    const privileges = roles[0].privileges.map(({ resource, actions }: Document) => ({
      resource,
      actions: actions.filter((action: string) => action !== 'changeStream'),
    }));
    await admin.command({ updateRole: 'rescindServer', privileges });

    const env = { MONGODB_URI: mongod.uriFor('rescind', PASTED), FOLLOW: 'auto' };
    const { url, log } = await serve(t, { ...env, FOLLOWER_LEASE: '1s' });
    const sentence = /run changeStream\. Grant this user the role rescindServer/;
    await waitFor('The reason', async () => {
      const { status, body } = await send(`${url}/readyz`);
      return status === 200 && sentence.test(body.checks.lease.detail) && body;
    });
    const { body } = await send(`${url}/readyz`);
    t.like(body.checks.lease, { ok: true, needs_operator: undefined });
    t.regex(body.checks.lease.detail, /See docs\/privileges\.md$/);
    const lines = log.filter(({ msg }) => /does not follow/.test(String(msg)));
    t.like(lines, { length: 1, 0: { level: 'warn', remedy: 'See docs/privileges.md' } });
    t.regex(String(lines[0]?.['msg']), sentence);
    t.notRegex(String(lines[0]?.['msg']), RAW);
  },
);
