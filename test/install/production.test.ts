import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { logIn, send, sendAs } from '../helpers/server.ts';
import { type Copy, copyTree } from './copy.ts';

async function settingsFor(t: ExecutionContext, copy: Copy) {
  const { uri } = await ownMongod(t);
  const secret = await copy.run('npm run -s generate-secret');
  t.is(secret.code, 0, secret.stderr);
  const [name = '', value = ''] = secret.stdout.trim().split(/=(.*)/s);
  const where = { HOST: '127.0.0.1', PORT: String(await freePort()), SHUTDOWN_DELAY: '0s' };
  return { MONGODB_URI: uri, [name]: value, ...where };
}

/** `npm start` in the copy: ready, and good for a login of a user that `npm run user:create` made. */
async function assertServes(t: ExecutionContext, copy: Copy, env: Record<string, string>) {
  const server = copy.start('exec npm start', env);
  await server.seen(/"msg":"listening"/);
  const url = `http://127.0.0.1:${env['PORT']}`;
  const { status, body } = await send(`${url}/readyz`);
  t.deepEqual([status, body.status], [200, 'ready']);

  const ann = '--email ann@example.com --company acme';
  const created = await copy.run(
    `npm run -s user:create -- ${ann}`,
    env,
    'correct horse battery\n',
  );
  t.is(created.code, 0, created.stderr);
  t.regex(created.stdout, /^user_id=[0-9a-f-]{36}\n$/);
  const token = await logIn(url, 'ann@example.com', 'correct horse battery');
  t.is((await sendAs(token, `${url}/api/auth/me`)).body.email, 'ann@example.com');

  process.kill(server.pid, 'SIGTERM'); // npm alone, as `docker stop` and service managers do
  const { code, stdout } = await server.finished;
  t.is(code, 0);
  t.regex(stdout, /"signal":"SIGTERM","msg":"stopping"/);
  await t.throwsAsync(send(`${url}/livez`));
}

test('`npm ci && npm prune --omit=dev && npm run migrate && npm start` works in a copy of the tree', async (t) => {
  const copy = copyTree(t);
  const installed = await copy.run('npm ci && npm prune --omit=dev');
  t.is(installed.code, 0, installed.stderr);
  const env = await settingsFor(t, copy);

  const early = await copy.run('npm start', env);
  t.is(early.code, 78);
  t.regex(early.stderr, /npm run migrate/);

  const migrated = await copy.run('npm run migrate', env);
  t.is(migrated.code, 0, migrated.stderr);
  await assertServes(t, copy, env);
});

test('`npm ci --omit=dev` beside an existing `dist/` works', async (t) => {
  const copy = copyTree(t);
  const line =
    'npm ci && rm -rf node_modules && npm ci --omit=dev && ! test -e node_modules/typescript';
  const installed = await copy.run(line);
  t.is(installed.code, 0, installed.stderr);
  const env = await settingsFor(t, copy);
  const migrated = await copy.run('npm run migrate', env);
  t.is(migrated.code, 0, migrated.stderr);
  await assertServes(t, copy, env);
});

test('`npm ci --omit=dev` without a `dist/` fails with a sentence that says what to run', async (t) => {
  const { code, stdout, stderr } = await copyTree(t).run('npm ci --omit=dev');
  t.not(code, 0);
  t.regex(
    stdout + stderr,
    /There is no dist\/ and no compiler\. Run `npm ci` with dev dependencies/,
  );
});
