import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { parseConfig } from '../../server/config/config.ts';
import type { Environment } from '../../server/config/env.ts';
import { ConfigError } from '../../server/config/error.ts';
import { newPair } from '../helpers/keys.ts';
import { emptyFolder } from '../helpers/processes.ts';

const MONGODB_URI = 'mongodb://127.0.0.1';

function fileWith(t: ExecutionContext, text: string): string {
  const file = join(emptyFolder(t), 'secret');
  writeFileSync(file, text);
  return file;
}

function readMessage(t: ExecutionContext, env: Environment): string {
  return t.throws(() => parseConfig(env), { instanceOf: ConfigError })?.message ?? '';
}

test('a secret can be given as NAME_FILE, and is trimmed', (t) => {
  const [secret, previous] = [generateSecret(), generateSecret()];
  const config = parseConfig({
    MONGODB_URI_FILE: fileWith(t, `${MONGODB_URI}\n`),
    JWT_SECRET_KEY_FILE: fileWith(t, ` ${secret}\r\n`),
    JWT_SECRET_KEY_PREVIOUS_FILE: fileWith(t, previous),
  });
  t.like(config, { MONGODB_URI, JWT_SECRET_KEY: secret, JWT_SECRET_KEY_PREVIOUS: [previous] });
});

test('keys can be given as NAME_FILE, as openssl writes them', (t) => {
  const [current, previous] = [newPair('EdDSA'), newPair('RS256')];
  const config = parseConfig({
    MONGODB_URI,
    JWT_SECRET_KEY: generateSecret(),
    JWT_PRIVATE_KEY_FILE: fileWith(t, current.privateKey.replaceAll('\n', '\r\n')),
    JWT_PUBLIC_KEYS_FILE: fileWith(t, `${previous.publicKey}\n${current.publicKey}`),
  });
  t.regex(config.JWT_PRIVATE_KEY ?? '', /^-----BEGIN PRIVATE KEY-----/);
  t.regex(
    config.JWT_PUBLIC_KEYS ?? '',
    /^(-----BEGIN PUBLIC KEY-----[^-]*-----END[^-]*-----\s*){2}$/,
  );
});

test('NAME and NAME_FILE both set is an error', (t) => {
  const secret = generateSecret();
  const both = { JWT_SECRET_KEY: secret, JWT_SECRET_KEY_FILE: fileWith(t, secret) };
  const message = readMessage(t, { MONGODB_URI, ...both });
  t.regex(
    message,
    /^One setting is wrong:\n {2}JWT_SECRET_KEY_FILE and JWT_SECRET_KEY are both set/,
  );
  t.false(message.includes(secret));
});

test('an empty NAME beside NAME_FILE, or the other way round, is as good as none', (t) => {
  const secret = generateSecret();
  const file = fileWith(t, secret);
  const inFile = { MONGODB_URI, JWT_SECRET_KEY: '', JWT_SECRET_KEY_FILE: file };
  t.is(parseConfig(inFile).JWT_SECRET_KEY, secret);
  const inPlace = { MONGODB_URI, JWT_SECRET_KEY: secret, JWT_SECRET_KEY_FILE: ' ' };
  t.is(parseConfig(inPlace).JWT_SECRET_KEY, secret);
});

test('a file that cannot be read is one problem, which names the variable and not the file: it may be the secret, pasted by mistake', (t) => {
  const folder = emptyFolder(t);
  mkdirSync(join(folder, 'a-folder'));
  for (const [name, code] of [
    ['missing', 'ENOENT'],
    ['a-folder', 'EISDIR'],
  ] as const) {
    const file = join(folder, name);
    const message = readMessage(t, { MONGODB_URI, JWT_SECRET_KEY_FILE: file });
    t.regex(message, new RegExp(`^One setting is wrong:\n {2}JWT_SECRET_KEY_FILE .*${code}`));
    t.false(message.includes(file));
  }
});

test('an empty file is an empty secret', (t) => {
  const message = readMessage(t, { MONGODB_URI, JWT_SECRET_KEY_FILE: fileWith(t, '\n') });
  t.regex(message, /JWT_SECRET_KEY is missing or empty\. .*npm run -s generate-secret/);
});

test('the secret rules hold for secrets in files', (t) => {
  const message = readMessage(t, { MONGODB_URI, JWT_SECRET_KEY_FILE: fileWith(t, 'short-one') });
  t.regex(message, /JWT_SECRET_KEY has 9 characters.*npm run -s generate-secret/);
  t.false(message.includes('short-one'));
});

const WEAK = [
  'tiny',
  'abcdef123456_random_secure_string_here',
  'your-secret-key-your-secret-key-your-secret-key',
  'hunter2hunter2hunter2hunter2hunter2hunter2',
  '🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑',
];

test('no secret value is in any message', (t) => {
  for (const weak of WEAK) {
    const env = {
      MONGODB_URI: `postgres://user:${weak}@127.0.0.1`,
      JWT_SECRET_KEY: weak,
      JWT_SECRET_KEY_PREVIOUS: `${generateSecret()},${weak}`,
      PORT: 'x',
    };
    const message = readMessage(t, env);
    for (const value of [weak, ...Object.values(env)].filter((each) => each !== 'x')) {
      t.false(message.includes(value), message);
    }
  }
});
