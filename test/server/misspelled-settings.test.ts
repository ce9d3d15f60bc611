import test from 'ava';
import fc from 'fast-check';
import { parseConfig } from '../../server/config/config.ts';
import { SECRETS, settings } from '../../server/config/settings.ts';
import { goneSettings, misspelledSettings } from '../../server/config/warnings.ts';

const NAMES = Object.keys(settings);

/** Each is reported, with the setting that is meant. */
const MEANT: Readonly<Record<string, string>> = {
  MONGODB_URL: 'MONGODB_URI',
  MONGO_URI: 'MONGODB_URI',
  MONGODB_URI_FILES: 'MONGODB_URI_FILE',
  mongodb_uri: 'MONGODB_URI',
  JWT_SECRETKEY: 'JWT_SECRET_KEY',
  JWT_SECRET: 'JWT_SECRET_KEY',
  'JWT-SECRET-KEY': 'JWT_SECRET_KEY',
  'jwt.secret.key': 'JWT_SECRET_KEY',
  JWT_SERCET_KEY: 'JWT_SECRET_KEY',
  JWT_SECRET_KEY_PREVOIUS: 'JWT_SECRET_KEY_PREVIOUS',
  JWT_ISSUER_NAME: 'JWT_ISSUER',
  ACCES_TOKEN_TTL: 'ACCESS_TOKEN_TTL',
  ACCESS_TOKEN_TTL_SECONDS: 'ACCESS_TOKEN_TTL',
  CORS_ORIGIN: 'CORS_ORIGINS',
  TRUSTPROXY: 'TRUST_PROXY',
  LOGLEVEL: 'LOG_LEVEL',
  LOG_LEVLE: 'LOG_LEVEL',
  MAX_SESSION: 'MAX_SESSIONS',
  BCRYPT_COST_FACTOR: 'BCRYPT_COST',
  AUDIT_RETENTION_DAYS: 'AUDIT_RETENTION',
  SHUTDOWN_DELAY_FILE: 'SHUTDOWN_DELAY',
  PROT: 'PORT',
  PORTS: 'PORT',
  HSOT: 'HOST',
  port: 'PORT',
};

/** These begin as settings do, and none is near. */
const PREFIXED = [
  'JWT_EXPIRES_IN',
  'MONGODB_DATABASE',
  'CORS_CREDENTIALS',
  'REFRESH_LIFETIME',
  'TRUST_PROXIES',
  'SHUTDOWN_TIMEOUT',
  'REQUEST_TIMEOUT',
  'AUDIT_TTL',
];

/** Variables of environments that are no mistake. */
const OTHERS: Readonly<Record<string, string>> = {
  HOME: '/root',
  HOSTNAME: 'rescind-7d9f',
  HOSTTYPE: 'x86_64',
  PATH: '/bin',
  SHELL: '/bin/sh',
  TERM: 'xterm',
  USER: 'node',
  NODE_ENV: 'production',
  NODE_OPTIONS: '--max-old-space-size=512',
  LOGNAME: 'node',
  LOG_FORMAT: 'json',
  MAX_OLD_SPACE: '1',
  SSH_AUTH_SOCK: '/tmp/x',
  npm_config_port: '1',
  npm_package_config_host: '::1',
  npm_lifecycle_event: 'start',
  COREPACK_ROOT: '/x',
  KUBERNETES_SERVICE_HOST: '10.0.0.1',
  KUBERNETES_PORT: 'tcp://10.0.0.1:443',
  RESCIND_PORT: 'tcp://10.0.0.2:8001',
  MONGODB_SERVICE_HOST: '10.0.0.3',
  MONGODB_SERVICE_PORT: '27017',
  MONGODB_SERVICE_PORT_MONGODB: '27017',
  MONGODB_PORT: 'tcp://10.0.0.3:27017',
  MONGODB_PORT_27017_TCP: 'tcp://10.0.0.3:27017',
  MONGODB_PORT_27017_TCP_PROTO: 'tcp',
  MONGODB_PORT_27017_TCP_PORT: '27017',
  MONGODB_PORT_27017_TCP_ADDR: '10.0.0.3',
  MONGODB_NAME: '/auth/mongodb',
  MONGODB_ENV_MONGO_MAJOR: '8',
  MONGO_VERSION: '8.0.4',
  MONGOMS_VERSION: '8.0.4',
  JWT_ISSUERS_OF_NOBODY: '', // empty is not set
};

test('a misspelled setting is reported, with the one that is meant', (t) => {
  for (const [name, meant] of Object.entries(MEANT)) {
    t.deepEqual(misspelledSettings({ [name]: '1' }), [
      `${name} is not a setting and has no effect. Did you mean ${meant}?`,
    ]);
  }
});

test('a variable that begins as settings do is reported', (t) => {
  const reported = misspelledSettings(Object.fromEntries(PREFIXED.map((name) => [name, '1'])));
  t.deepEqual(
    reported,
    PREFIXED.map(
      (name) => `${name} is not a setting and has no effect. See .env.example for all settings.`,
    ),
  );
});

test('a setting of an earlier version is reported, unless it is empty', (t) => {
  t.deepEqual(goneSettings({ MAX_STALENESS: '5s', PRIMARY_PROOF_INTERVAL: '' }), [
    'MAX_STALENESS is no longer a setting and has no effect, so it may be removed. Every check is exact; whether it needs a read is set by FOLLOW',
  ]);
  const both = goneSettings({ MAX_STALENESS: '0s', PRIMARY_PROOF_INTERVAL: '1s' });
  t.is(both.length, 2);
  t.regex(both[1] ?? '', /FOLLOW=auto .* FOLLOWER_LEASE$/);
});

test('nothing else in an environment is reported', (t) => {
  t.deepEqual(misspelledSettings(OTHERS), []);
  t.deepEqual(goneSettings(OTHERS), []);
  const right = [...NAMES, ...SECRETS.map((name) => `${name}_FILE`)];
  t.deepEqual(misspelledSettings(Object.fromEntries(right.map((name) => [name, '1']))), []);
});

test('one edit to any setting is reported, and no value is', (t) => {
  const letters = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ_');
  const at = fc.nat(30);
  const property = fc.property(
    fc.constantFrom(...NAMES),
    at,
    letters,
    fc.nat(1),
    (name, place, letter, cut) => {
      const index = place % name.length;
      const misspelled = name.slice(0, index) + letter + name.slice(index + cut);
      const reported = misspelledSettings({ [misspelled]: 'correct horse' });
      if (NAMES.includes(misspelled)) return reported.length === 0;
      return reported.length === 1 && !reported.join().includes('horse');
    },
  );
  t.notThrows(() => fc.assert(property));
});

test('where a setting is missing, the message names the misspelled one', (t) => {
  const error = t.throws(() => parseConfig({ MONGODB_URL: 'mongodb://user:pass@h/x' }));
  t.regex(
    error?.message ?? '',
    /MONGODB_URI is missing[\s\S]*MONGODB_URL is not a setting and has no effect\. Did you mean MONGODB_URI\?/,
  );
  t.notRegex(error?.message ?? '', /pass/);
});
