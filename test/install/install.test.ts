/** A copy of the tree, as someone else would get it, is installed, developed in and put into production. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { emptyFolder, type Finished, start } from '../helpers/processes.ts';
import { readmeBlock } from '../helpers/readme.ts';
import { openScope, type Scope } from '../helpers/scope.ts';
import { logIn, send, sendAs } from '../helpers/server.ts';
import { environment, NPM_ALONE } from './environment.ts';

const file = openScope();
test.after.always(file.end);

/** One cache of npm for all copies. */
const NPM = { ...NPM_ALONE, npm_config_cache: emptyFolder(file) };

/** A copy of the tree as someone else would get it, and a home folder with nothing in it. */
type Copy = ReturnType<typeof copyTree>;

/** Copies all that git would: what is tracked, and what is new and not ignored. */
function copyTree(t: Scope) {
  const folder = emptyFolder(t);
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(name))) {
    cpSync(file, join(folder, file));
  }
  const home = { HOME: emptyFolder(t), ...environment(), ...NPM };

  /** Starts a line of bash in it, as a job of a terminal. */
  function startLine(line: string, env: Record<string, string> = {}, input = '') {
    const options = { cwd: folder, env: { ...home, ...env }, input, group: true };
    return start(t, 'bash', ['-euo', 'pipefail', '-c', line], options);
  }

  /** Runs a line of bash in it, as one types it, to its end. */
  const run = (...args: Parameters<typeof startLine>) => startLine(...args).finished;
  return { folder, start: startLine, run };
}

let installing: Promise<readonly [copy: Copy, npmCi: Finished]> | undefined;

/** Copies a copy in which `npm ci` has run, once for all tests that begin with it. */
async function installedCopy(t: ExecutionContext): Promise<Copy> {
  installing ??= install(copyTree(file));
  const [installed, { code, stderr }] = await installing;
  t.is(code, 0, stderr);
  const copy = copyTree(t);
  execFileSync('cp', ['-a', `${installed.folder}/.`, copy.folder]);
  return copy;
}

async function install(copy: Copy) {
  return [copy, await copy.run('npm ci')] as const;
}

const URL = 'http://127.0.0.1:8001';
const USER = { email: 'john.doe@testcompany.com', company_id: 'testcompany' };

function answersIn(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.serial(
  "`npm ci && npm run dev` listens on 8001, and the README's curl lines work as described",
  async (t) => {
    await t.throwsAsync(send(`${URL}/livez`), undefined, 'something else listens on 8001');
    const copy = await installedCopy(t);
    const dev = copy.start('exec npm run dev');
    await dev.seen(/Stop:.*Ctrl-C/);
    t.is((await send(`${URL}/readyz`)).status, 200);

    const login = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const body = JSON.stringify({ email: USER.email, password: 'testpassword123' });
    const { status, body: issued } = await send(`${URL}/api/auth/login`, { ...login, body });
    t.is(status, 200);
    t.is(typeof issued.access_token, 'string');

    const tried = await copy.run(readmeBlock('sh', 'curl'));
    t.is(tried.code, 0, tried.stderr);
    const [me, logout, refused, ...others] = answersIn(tried.stdout);
    t.deepEqual(others, []);
    t.like(me, { ...USER, roles: [] });
    t.deepEqual(logout, { message: 'Successfully logged out', token_revoked: true });
    t.like(refused, { status: 401, detail: 'Token has been revoked', code: 'token_revoked' });
    const printed = answersIn(readmeBlock('json', 'token_revoked')).map((each) =>
      Object.keys(each),
    );
    t.deepEqual(
      [me, logout, refused].map((each) => Object.keys(each ?? {})),
      printed,
    );

    const mongod = Number(readFileSync(join(copy.folder, '.data/mongodb/mongod.lock'), 'utf8'));
    t.true(isAlive(mongod));
    dev.kill('SIGINT');
    const { code, stderr } = await dev.finished;
    t.is(code, 0, stderr);
    t.false(isAlive(mongod));
    await t.throwsAsync(send(`${URL}/livez`));
  },
);

test.serial(
  'the second `npm run dev` on the same folder keeps its users and its tokens',
  async (t) => {
    const copy = await installedCopy(t);
    const tokens: string[] = [];
    for (const time of [1, 2]) {
      const dev = copy.start('exec npm run dev');
      await dev.seen(/Stop:.*Ctrl-C/);
      const [logIn] = readmeBlock('sh', 'curl').split(/^(?=curl)/m);
      const { stdout } = await copy.run(`${logIn}\necho "$TOKEN"`);
      tokens.push(stdout.trim());
      const headers = { authorization: `Bearer ${tokens[0]}` };
      t.is((await send(`${URL}/api/auth/me`, { headers })).status, 200, `time ${time}`);
      dev.kill('SIGINT');
      t.is((await dev.finished).code, 0);
    }
  },
);

const FOREIGN = { MONGODB_URI: 'mongodb://db.example.com/prod' };

/** Runs inside `npm test` in the copy: what the tests can see of the world outside. */
const SEES_NOTHING = `
import test from 'ava';

test('the tests see nothing of the configured database', (t) => {
  t.is(process.env['MONGODB_URI'], undefined);
  t.is(process.env['MONGODB_URI_FILE'], undefined);
  t.is(process.env['JWT_SECRET_KEY'], undefined);
  t.regex(process.env['TEST_MONGODB_URI'] ?? '', /^mongodb:..127[.]0[.]0[.]1:/);
});
`;

test('`MONGODB_URI=mongodb://db.example.com/prod npm run dev` touches nothing there, nor does `npm test`', async (t) => {
  const copy = await installedCopy(t);
  writeFileSync(join(copy.folder, 'test/sees-nothing.test.ts'), SEES_NOTHING);

  const dev = await copy.run('npm run dev', FOREIGN);
  t.is(dev.code, 78);
  t.regex(
    dev.stderr,
    /MONGODB_URI is set, but `npm run dev` does not use this URI: it names db\.example\.com/,
  );
  t.false(existsSync(join(copy.folder, '.data')));

  const secret = { JWT_SECRET_KEY: 'of-a-server-that-is-configured' };
  const tested = await copy.run('npm test -- test/sees-nothing.test.ts', { ...FOREIGN, ...secret });
  t.is(tested.code, 0, tested.stdout + tested.stderr);
  t.regex(tested.stdout, /1 test passed/);

  writeFileSync(join(copy.folder, '.env'), `MONGODB_URI=${FOREIGN.MONGODB_URI}\n`);
  const fromFile = await copy.run('npm run dev');
  t.is(fromFile.code, 78);
  const withFile = await copy.run('npm test -- test/sees-nothing.test.ts');
  t.is(withFile.code, 0, withFile.stdout + withFile.stderr);
});

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
  const copy = await installedCopy(t);
  const pruned = await copy.run('npm prune --omit=dev');
  t.is(pruned.code, 0, pruned.stderr);
  const env = await settingsFor(t, copy);

  const early = await copy.run('npm start', env);
  t.is(early.code, 78);
  t.regex(early.stderr, /npm run migrate/);

  const migrated = await copy.run('npm run migrate', env);
  t.is(migrated.code, 0, migrated.stderr);
  await assertServes(t, copy, env);
});

test('`npm ci --omit=dev` beside an existing `dist/` works', async (t) => {
  const copy = await installedCopy(t);
  const line = 'rm -rf node_modules && npm ci --omit=dev && ! test -e node_modules/typescript';
  const installed = await copy.run(line);
  t.is(installed.code, 0, installed.stderr);
  const env = await settingsFor(t, copy);
  const migrated = await copy.run('npm run migrate', env);
  t.is(migrated.code, 0, migrated.stderr);
  await assertServes(t, copy, env);
});

test('`npm ci --omit=dev` without a `dist/` fails with a sentence that names the command to run', async (t) => {
  const { code, stdout, stderr } = await copyTree(t).run('npm ci --omit=dev');
  t.not(code, 0);
  t.regex(
    stdout + stderr,
    /There is no dist\/ and no compiler\. Run `npm ci` with dev dependencies/,
  );
});
