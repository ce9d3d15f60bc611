import test from 'ava';
import { HOUR, MINUTE, SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { type Config, parseConfig, parseDatabaseConfig } from '../../server/config/config.ts';
import { ConfigError } from '../../server/config/error.ts';
import { newPair } from '../helpers/keys.ts';

const LEAST = {
  MONGODB_URI: 'mongodb://127.0.0.1:27017/shop?replicaSet=rs0',
  JWT_SECRET_KEY: generateSecret(),
};

test('the database and the secret are all that has to be set', (t) => {
  const { BCRYPT_THREADS, ...config } = parseConfig(LEAST);
  t.true(BCRYPT_THREADS >= 1);
  t.deepEqual(config, {
    ...LEAST,
    HOST: '0.0.0.0',
    PORT: 8001,
    JWT_ISSUER: 'rescind',
    JWT_AUDIENCE: 'rescind',
    ACCESS_TOKEN_TTL: 15 * MINUTE,
    REFRESH_TOKEN_IDLE_TTL: 7 * 24 * HOUR,
    REFRESH_TOKEN_MAX_TTL: 30 * 24 * HOUR,
    REFRESH_GRACE: 60 * SECOND,
    MONGODB_POOL_SIZE: 50,
    KEEP_ALIVE_TIMEOUT: 65 * SECOND,
    SHUTDOWN_DELAY: 5 * SECOND,
    MAX_SESSIONS: 100,
    PASSWORD_MIN_LENGTH: 15,
    BCRYPT_COST: 12,
    FOLLOW: 'auto',
    REQUEST_DEADLINE: 5 * SECOND,
    AUDIT_RETENTION: 400 * 24 * HOUR,
    LOGIN_FAILURES_PER_ACCOUNT: { points: 10, duration: 15 * MINUTE },
    LOGIN_FAILURES_PER_ADDRESS: { points: 100, duration: 15 * MINUTE },
    LOGIN_FAILURES_ANYWHERE: { points: 100, duration: 24 * HOUR },
    CORS_HEADERS: [
      'X-Request-Id',
      'X-Requested-With',
      'traceparent',
      'tracestate',
      'baggage',
      'sentry-trace',
      'b3',
    ],
    TRUST_PROXY: 0,
    LOG_LEVEL: 'info',
  } satisfies Omit<Config, 'BCRYPT_THREADS' | 'JWT_SECRET_KEY_PREVIOUS'>);
});

test('the configuration is frozen', (t) => {
  t.true(Object.isFrozen(parseConfig(LEAST)));
  t.true(Object.isFrozen(parseDatabaseConfig(LEAST)));
});

test('empty equals unset, also of spaces only', (t) => {
  const empty = { PORT: '', HOST: '  ', LOG_LEVEL: '\t', JWT_SECRET_KEY_PREVIOUS: '' };
  t.deepEqual(parseConfig({ ...LEAST, ...empty }), parseConfig(LEAST));
  const error = t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY: '' }), {
    instanceOf: ConfigError,
  });
  t.regex(error?.message ?? '', /JWT_SECRET_KEY is missing or empty/);
});

test('all problems are listed at once, each with the name of its variable', (t) => {
  const error = t.throws(
    () =>
      parseConfig({ PORT: '99999', ACCESS_TOKEN_TTL: '25h', LOG_LEVEL: 'loud', TRUST_PROXY: '-1' }),
    { instanceOf: ConfigError },
  );
  const names = error?.problems.map((problem) => problem.split(' ')[0]).sort();
  t.deepEqual(names, [
    'ACCESS_TOKEN_TTL',
    'JWT_SECRET_KEY',
    'LOG_LEVEL',
    'MONGODB_URI',
    'PORT',
    'TRUST_PROXY',
  ]);
  t.regex(error?.message ?? '', /^6 settings are wrong:\n( {2}\S.*(\n|$)){6}$/);
  const one = t.throws(() => parseConfig({ ...LEAST, PORT: 'x' }), { instanceOf: ConfigError });
  t.regex(
    one?.message ?? '',
    /^One setting is wrong:\n {2}PORT must be a whole number from 0 to 65535$/,
  );
});

test('commands on the database need no secret', (t) => {
  const { MONGODB_URI } = LEAST;
  t.is(parseDatabaseConfig({ MONGODB_URI, PORT: 'nonsense' }).MONGODB_URI, MONGODB_URI);
});

test('a private key and public keys are optional, and each has to be good', (t) => {
  const [{ privateKey }, { publicKey }] = [newPair('EdDSA'), newPair('RS256')];
  const keys = { JWT_PRIVATE_KEY: privateKey, JWT_PUBLIC_KEYS: publicKey.repeat(2) };
  t.like(parseConfig({ ...LEAST, ...keys }), keys);
  const swapped = { JWT_PRIVATE_KEY: publicKey, JWT_PUBLIC_KEYS: privateKey };
  const error = t.throws(() => parseConfig({ ...LEAST, ...swapped }), { instanceOf: ConfigError });
  const [first = '', second = ''] = error?.problems ?? [];
  t.regex(
    first,
    /^JWT_PRIVATE_KEY is a public key, .*: npm run -s generate-secret -- --key EdDSA$/,
  );
  t.regex(second, /^JWT_PUBLIC_KEYS is a private key\. Give only its public key/);
  t.throws(() => parseConfig({ ...keys, MONGODB_URI: LEAST.MONGODB_URI }), {
    instanceOf: ConfigError,
    message: /^One setting is wrong:\n {2}JWT_SECRET_KEY is missing/,
  });
});

test('several previous secrets are separated by commas, and each has to be good', (t) => {
  const previous = [generateSecret(), generateSecret()];
  const config = parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: previous.join(',') });
  t.deepEqual(config.JWT_SECRET_KEY_PREVIOUS, previous);
  const second = { ...LEAST, JWT_SECRET_KEY_PREVIOUS: `${previous[0]},changeme` };
  const error = t.throws(() => parseConfig(second), { instanceOf: ConfigError });
  t.regex(
    error?.message ?? '',
    /JWT_SECRET_KEY_PREVIOUS \(secret 2 of the list\) has 8 characters/,
  );
});
