import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { secretKid } from '../../lib/tokens/keys/secret-key.ts';
import { emptyDatabase, migratedDatabase } from '../helpers/database.ts';
import { newPair } from '../helpers/keys.ts';
import {
  emptyFolder,
  type Finished,
  run,
  SERVER,
  startServerProcess,
} from '../helpers/processes.ts';
import { send } from '../helpers/server.ts';

const REMEDY = 'npm run -s generate-secret';

/** Nothing listens there, and the server does not connect before all settings are valid. */
const NOWHERE = 'mongodb://127.0.0.1:1/rescind';

function failToStart(t: ExecutionContext, env: Record<string, string>): Promise<Finished> {
  return run(t, process.execPath, [SERVER], { env: { MONGODB_URI: NOWHERE, PORT: '0', ...env } });
}

test('server fails to start with no JWT_SECRET_KEY', async (t) => {
  for (const none of [{}, { JWT_SECRET_KEY: '' }]) {
    const { code, stdout, stderr } = await failToStart(t, none);
    t.is(code, 78);
    t.regex(stderr, /^ {2}JWT_SECRET_KEY is missing or empty\. /m);
    t.true(stderr.includes(REMEDY));
    t.is(stdout, '');
  }
});

const WEAK: readonly (readonly [value: string, fault: RegExp])[] = [
  ['hunter2', /has 7 characters after trimming; at least 32 are needed/],
  ['your-secret-key-your-secret-key-your', /only repeats a piece of fewer than 32 characters/],
  ['<your-jwt-signing-key-goes-here-min-32-chars>', /is a placeholder/],
  ['change-this-to-a-random-string-in-production', /can be guessed/],
  ['abcdef123456_random_secure_string_here', /is a value printed in a guide or an example/],
  ['my-secret-password-for-testing-only!!', /has fewer than 20 characters besides/],
];

for (const [value, fault] of WEAK) {
  test(`server fails to start with a weak JWT_SECRET_KEY: ${value}`, async (t) => {
    const { code, stdout, stderr } = await failToStart(t, { JWT_SECRET_KEY: value });
    t.is(code, 78);
    t.regex(stderr, fault);
    t.regex(stderr, /^ {2}JWT_SECRET_KEY /m);
    t.true(stderr.includes(REMEDY));
    t.false(stderr.includes(value));
    t.is(stdout, '');
  });
}

test('server starts with a strong JWT_SECRET_KEY', async (t) => {
  const { uri } = await migratedDatabase(t);
  const secret = generateSecret();
  const server = await startServerProcess(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const { status, body } = await send(`${server.url}/readyz`);
  t.deepEqual([status, body.status], [200, 'ready']);
  server.kill('SIGTERM');
  const { stdout, stderr } = await server.finished;
  const lines = stdout.trim().split('\n');
  t.is(JSON.parse(lines[0] ?? '').msg, 'JWT_SECRET_KEY validated successfully');
  t.false((stdout + stderr).includes(secret));
});

test('server starts with a private key, and its log names the keys and holds none', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { privateKey } = newPair('EdDSA');
  const secret = generateSecret();
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: secret, JWT_PRIVATE_KEY: privateKey };
  const server = await startServerProcess(t, env);
  const { body } = await send(`${server.url}/.well-known/jwks.json`);
  server.kill('SIGTERM');
  const { stdout, stderr } = await server.finished;
  t.is(stderr, '');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(
    lines.find((line) => line.msg === 'new tokens are signed with these keys'),
    { access_token_kid: body.keys[0].kid, refresh_token_kid: await secretKid(secret) },
  );
  t.false(stdout.includes(privateKey.split('\n')[1] ?? ''));
});

test('messages are clear and helpful: all problems at once, each by name, and no stack', async (t) => {
  const weak = { JWT_SECRET_KEY: 'changeme', JWT_SECRET_KEY_PREVIOUS: 'changeme-too' };
  const { code, stderr } = await failToStart(t, { MONGODB_URI: '', PORT: 'http', ...weak });
  t.is(code, 78);
  t.regex(stderr, /^rescind cannot start\. 4 settings are wrong:\n( {2}[A-Z_]+ .*\n){4}$/);
  for (const name of [
    'MONGODB_URI is missing',
    'PORT must be',
    'JWT_SECRET_KEY has 8 characters',
  ]) {
    t.true(stderr.includes(name), stderr);
  }
  t.false(stderr.includes('changeme'));
});

test('a misspelled setting is logged, and the server starts', async (t) => {
  const server = await startServerProcess(t, {
    MONGODB_URI: (await migratedDatabase(t)).uri,
    JWT_SECRET_KEY: generateSecret(),
    CORS_ORIGIN: 'https://shop.example',
  });
  await server.seen(/"level":"warn".*CORS_ORIGIN is not a setting.*mean CORS_ORIGINS/);
  t.is((await send(`${server.url}/readyz`)).status, 200);
});

test('a database that is not migrated is reported, with the command to run', async (t) => {
  const { uri } = emptyDatabase(t);
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret() };
  const { code, stderr } = await failToStart(t, env);
  t.is(code, 78);
  t.regex(stderr, /^rescind cannot start\. .*npm run migrate/);
  t.notRegex(stderr, /^\s+at /m);
});

test('a port in use is reported in a sentence', async (t) => {
  const { uri } = await migratedDatabase(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), HOST: '127.0.0.1' };
  const { code, stderr } = await failToStart(t, { ...env, PORT: String(port) });
  t.is(code, 1);
  t.regex(stderr, new RegExp(`^rescind cannot start\\. .*127\\.0\\.0\\.1:${port}.*PORT\n$`));
});

test('with the database away the server starts, lives, and is not ready', async (t) => {
  const env = { MONGODB_URI: NOWHERE, JWT_SECRET_KEY: generateSecret(), REQUEST_DEADLINE: '1s' };
  const { url } = await startServerProcess(t, env);
  t.is((await send(`${url}/livez`)).status, 200);
  const { status, headers, body } = await send(`${url}/readyz`);
  t.deepEqual([status, body.status, body.checks.database.ok], [503, 'not_ready', false]);
  t.truthy(headers.get('retry-after'));
});

test('.env in the working folder is read, and the real environment wins', async (t) => {
  const cwd = emptyFolder(t);
  writeFileSync(join(cwd, '.env'), `JWT_SECRET_KEY=${generateSecret()}\nMONGODB_URI=nonsense\n`);
  const env = { MONGODB_URI: NOWHERE, REQUEST_DEADLINE: '1s' };
  await t.notThrowsAsync(startServerProcess(t, env, { cwd }));
  const { code, stderr } = await run(t, process.execPath, [SERVER], { cwd });
  t.is(code, 78);
  t.regex(stderr, /One setting is wrong:\n {2}MONGODB_URI is not a connection string/);
});

/** Values of HOST, the exit code of the server, and its message. */
const OF_NO_USE: readonly (readonly [host: string, code: number, sentence: RegExp])[] = [
  ['no-such-name.invalid', 1, /does not resolve \((?:ENOTFOUND|EAI_AGAIN)\)/],
  ['256.1.1.1', 1, /does not resolve/],
  ['192.0.2.1', 1, /does not belong to this machine \(EADDRNOTAVAIL\)/],
  ['[2001:db8::1]', 1, /\[2001:db8::1\]:\d+ \(HOST and PORT\): .*\(E[A-Z]+\)/],
  ['fe80::1', 1, /\(E[A-Z]+\)/],
  ['fe80::1%nowhere0', 1, /\(E[A-Z_]+\)/],
  ['http://127.0.0.1', 78, /HOST must be an address or a name/],
  ['127.0.0.1:8001', 78, /HOST must be an address or a name/],
  ['127.0.0.1/', 78, /HOST must be an address or a name/],
  ['local host', 78, /HOST must be an address or a name/],
  ['*', 78, /HOST must be an address or a name/],
  [`${'a'.repeat(64)}.example`, 78, /HOST must be an address or a name/],
];

for (const [HOST, expected, sentence] of OF_NO_USE) {
  test(`A HOST that cannot be used is reported in a sentence, whatever the cause: ${HOST}`, async (t) => {
    const { uri } = await migratedDatabase(t);
    const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), HOST };
    const { code, stderr } = await failToStart(t, env);
    t.is(code, expected, stderr);
    t.regex(stderr, /^rescind cannot start\. .*HOST/s);
    t.regex(stderr, sentence);
    t.notRegex(stderr, /^\s+at /m);
  });
}

test('An IPv6 HOST may be in brackets', async (t) => {
  const env = { MONGODB_URI: NOWHERE, JWT_SECRET_KEY: generateSecret(), REQUEST_DEADLINE: '1s' };
  const { url } = await startServerProcess(t, { ...env, HOST: '[::1]' });
  t.regex(url, /^http:\/\/\[::1\]:\d+$/);
});
