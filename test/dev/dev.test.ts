import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { leadsAway } from '../../scripts/dev/loopback.ts';
import { findMongod } from '../../scripts/dev/mongod/find.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { readSettings } from '../../scripts/dev/settings.ts';
import { emptyFolder, run, start } from '../helpers/processes.ts';
import { logIn, sendAs } from '../helpers/server.ts';

const DEV = fileURLToPath(new URL('../../scripts/dev.js', import.meta.url));

/** Runs dev to its end in an empty folder, with this environment and no other. */
async function dev(
  t: ExecutionContext,
  env: Record<string, string>,
  files: Record<string, string> = {},
) {
  const cwd = emptyFolder(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  const finished = await run(t, process.execPath, [DEV], { cwd, env });
  return { ...finished, left: (await readdir(cwd)).filter((name) => !(name in files)) };
}

async function listen(
  t: ExecutionContext,
  host: string,
): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

test('MONGODB_URI on another machine: 78, with nothing connected to or made', async (t) => {
  // 0.0.0.0 is no loopback address, yet connecting to it would reach this server.
  const { server, port } = await listen(t, '0.0.0.0');
  server.on('connection', () => t.fail('dev has connected'));
  const { code, stderr, left } = await dev(t, { MONGODB_URI: `mongodb://0.0.0.0:${port}/rescind` });
  t.is(code, 78);
  t.regex(stderr, /it names 0\.0\.0\.0/);
  t.regex(stderr, /unset MONGODB_URI/);
  t.deepEqual(left, []);
});

test('MONGODB_URI in .env is refused as well, and the environment wins over it', async (t) => {
  const files = { '.env': 'MONGODB_URI=mongodb://db.example.com/rescind\n' };
  const fromFile = await dev(t, {}, files);
  t.is(fromFile.code, 78);
  t.regex(fromFile.stderr, /it names db\.example\.com/);
  const fromEnv = await dev(t, { MONGODB_URI: 'mongodb://other.example.com' }, files);
  t.regex(fromEnv.stderr, /it names other\.example\.com/);
});

test('MONGODB_URI_FILE is read', async (t) => {
  const files = { uri: 'mongodb://db.example.com/rescind\n' };
  const { code, stderr, left } = await dev(t, { MONGODB_URI_FILE: 'uri' }, files);
  t.is(code, 78);
  t.regex(stderr, /it names db\.example\.com/);
  t.deepEqual(left, []);
});

test('a MONGODB_URI that cannot be parsed is refused without repeating it', async (t) => {
  const { code, stdout, stderr, left } = await dev(t, {
    MONGODB_URI: 'mongodb://joe:pa55word@:x@/',
  });
  t.is(code, 78);
  t.regex(stderr, /not a valid MongoDB connection string/);
  t.notRegex(stdout + stderr, /pa55word/);
  t.deepEqual(left, []);
});

const stays = ['localhost', 'LOCALHOST:27017', '127.0.0.1', '127.8.9.10:1', '[::1]', '[::1]:27017'];
for (const host of stays) {
  test(`${host} is on this machine`, (t) => t.is(leadsAway(`mongodb://u:p@${host}/x`), undefined));
}

const away = [
  '10.0.0.1',
  '127.0.0.1.example.com',
  'localhost.example.com',
  '[::2]',
  '2130706433',
  'localhost,db',
];
for (const host of away) {
  test(`${host} is not on this machine`, (t) =>
    t.regex(leadsAway(`mongodb://u:pw@${host}/x`) ?? '', /^it names (?!.*pw)/));
}

test('neither mongodb+srv nor a proxy is on this machine', (t) => {
  t.regex(leadsAway('mongodb+srv://localhost.localdomain.com/x') ?? '', /from the DNS/);
  t.regex(leadsAway('mongodb://localhost/?proxyHost=10.0.0.1') ?? '', /proxy/);
});

test('the server of dev turns nobody away first: its SHUTDOWN_DELAY is 0, unless one is given', async (t) => {
  const folder = emptyFolder(t);
  t.is((await readSettings({}, folder)).shutdownDelay, '0s');
  t.is((await readSettings({ SHUTDOWN_DELAY: '' }, folder)).shutdownDelay, '0s');
  t.is((await readSettings({ SHUTDOWN_DELAY: '7s' }, folder)).shutdownDelay, '7s');
  await writeFile(join(folder, '.env'), 'SHUTDOWN_DELAY=8s\n');
  t.is((await readSettings({}, folder)).shutdownDelay, '8s');
});

test('a port in use is reported before anything is created', async (t) => {
  const { port } = await listen(t, '127.0.0.1');
  const { code, stderr, left } = await dev(t, { PORT: String(port) });
  t.is(code, 1);
  t.regex(stderr, new RegExp(`Port ${port} on 127.0.0.1 is in use`));
  t.deepEqual(left, []);
});

test('--help prints what the command does, and does nothing', async (t) => {
  const { code, stdout } = await run(t, process.execPath, [DEV, '--help']);
  t.is(code, 0);
  t.regex(stdout, /^Usage: npm run dev/);
});

test('from an empty folder to a login, twice; the second time with the same secret', async (t) => {
  const cwd = emptyFolder(t);
  const first = await serve(t, cwd);
  const token = await logIn(first.url, 'john.doe@testcompany.com', 'testpassword123');
  t.is((await stat(join(cwd, '.data'))).mode & 0o777, 0o700);
  t.is((await stat(join(cwd, '.data', 'jwt-secret-key'))).mode & 0o777, 0o600);
  first.dev.kill('SIGTERM');
  t.is((await first.dev.finished).code, 0);
  t.is(await readLock(cwd), ''); // mongod empties it when it is shut down in order

  const second = await serve(t, cwd);
  t.is((await sendAs(token, `${second.url}/api/auth/me`)).status, 200);
  second.dev.kill('SIGINT');
  t.is((await second.dev.finished).code, 0);
});

test('a server that does not start takes MongoDB with it, and its code is kept', async (t) => {
  const cwd = emptyFolder(t);
  const env = { ...(await environment()), JWT_SECRET_KEY: 'short' };
  const { code, stderr } = await run(t, process.execPath, [DEV], { cwd, env });
  t.is(code, 78);
  t.regex(stderr, /JWT_SECRET_KEY/);
  t.is(await readLock(cwd), '');
});

async function serve(t: ExecutionContext, cwd: string) {
  const child = start(t, process.execPath, [DEV], { cwd, env: await environment() });
  const [, url = ''] = await child.seen(/rescind is ready: (\S+)/);
  return { dev: child, url };
}

async function environment(): Promise<Record<string, string>> {
  const binary = await findMongod(process.env, silentReport);
  return { MONGOD_BINARY: binary, PORT: String(await freePort()), BCRYPT_COST: '10' };
}

async function readLock(cwd: string): Promise<string> {
  return readFile(join(cwd, '.data', 'mongodb', 'mongod.lock'), 'utf8');
}
