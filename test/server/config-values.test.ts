import test from 'ava';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { type Config, parseConfig } from '../../server/config/config.ts';
import { ConfigError } from '../../server/config/error.ts';

const LEAST = { MONGODB_URI: 'mongodb://127.0.0.1', JWT_SECRET_KEY: generateSecret() };

type Name = keyof Config;

const GOOD: readonly (readonly [name: Name, text: string, value: unknown])[] = [
  ['PORT', '0', 0],
  ['PORT', '65535', 65_535],
  ['ACCESS_TOKEN_TTL', '1s', SECOND],
  ['ACCESS_TOKEN_TTL', '1500ms', 1_500],
  ['ACCESS_TOKEN_TTL', '24h', DAY],
  ['ACCESS_TOKEN_TTL', '1d', DAY],
  ['PASSWORD_MIN_LENGTH', '8', 8],
  ['PASSWORD_MIN_LENGTH', '64', 64],
  ['BCRYPT_COST', '10', 10],
  ['BCRYPT_COST', '14', 14],
  ['BCRYPT_THREADS', '1', 1],
  ['BCRYPT_THREADS', '64', 64],
  ['REQUEST_DEADLINE', '1000ms', 1_000],
  ['REQUEST_DEADLINE', '60s', MINUTE],
  ['FOLLOW', 'auto', 'auto'],
  ['FOLLOW', 'off', 'off'],
  ['FOLLOWER_LEASE', '3181ms', 3_181], // 1.1 of it and a second fit into nine tenths of the REQUEST_DEADLINE of 5 s
  ['AUDIT_RETENTION', '1d', DAY],
  ['AUDIT_RETENTION', '10000d', 10_000 * DAY],
  ['LOGIN_FAILURES_PER_ACCOUNT', '1/1s', { points: 1, duration: SECOND }],
  ['LOGIN_FAILURES_PER_ADDRESS', '999999/365d', { points: 999_999, duration: 365 * DAY }],
  ['LOGIN_FAILURES_ANYWHERE', '5/2h', { points: 5, duration: 2 * HOUR }],
  ['TRUST_PROXY', '10', 10],
  ['CORS_ORIGINS', 'https://app.example.com', ['https://app.example.com']],
  [
    'CORS_ORIGINS',
    'https://a.example, http://localhost:5173,http://[::1]:8080',
    ['https://a.example', 'http://localhost:5173', 'http://[::1]:8080'],
  ],
  ...[
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'https://tauri.localhost',
    'app://.',
    'app://obsidian.md',
    'file://',
    'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
    'moz-extension://0f9a1b2c-3d4e-5f60-7182-93a4b5c6d7e8',
    'safari-web-extension://0f9a1b2c-3d4e-5f60-7182-93a4b5c6d7e8',
    'vscode-webview://1a2b3c',
    'https://xn--mnchen-3ya.example',
    'http://my_host:8080',
    'http://[::1]:3000',
  ].map((origin) => ['CORS_ORIGINS', origin, [origin]] as const),
  ['CORS_HEADERS', 'X-Tenant, uber-trace-id', ['X-Tenant', 'uber-trace-id']],
  ['LOG_LEVEL', 'silent', 'silent'],
  ['HOST', '::1', '::1'],
];

for (const [name, text, value] of GOOD) {
  test(`${name}=${text} is accepted`, (t) => {
    t.deepEqual(parseConfig({ ...LEAST, [name]: text })[name], value);
  });
}

const BAD: Readonly<Partial<Record<Name, readonly string[]>>> = {
  PORT: ['-1', '65536', '80.5', '0x50', '1e3', ' 80', 'http', '99999999999'],
  ACCESS_TOKEN_TTL: ['0s', '999ms', '24h1m', '1441m', '2d', '15', 'm', '1.5h', '15 m', '-1m', '1w'],
  PASSWORD_MIN_LENGTH: ['7', '65', '15.5', 'long'],
  BCRYPT_COST: ['9', '15', '12.5', ''.padEnd(400, '1')],
  BCRYPT_THREADS: ['0', '65', 'all'],
  REQUEST_DEADLINE: ['999ms', '61s', '0s', '5'],
  AUDIT_RETENTION: ['0d', '23h', '10001d', 'forever', '999999999999d'],
  LOGIN_FAILURES_PER_ACCOUNT: ['0/15m', '10', '10/', '/15m', '10/0m', '10/15', '10/15m/3', '-1/1m'],
  LOGIN_FAILURES_PER_ADDRESS: ['1000000/1m', '1.5/1m', '10/1w', '10/15ms'],
  LOGIN_FAILURES_ANYWHERE: [
    '100/9999999999999s', // Longer than what parseDuration reads.
    '100/999999999999d', // The end of the window would be no Date.
  ],
  CORS_HEADERS: ['*', 'X Tenant', 'X-Tenant:', 'X-Tenant,', 'ü', 'a/b'],
  CORS_ORIGINS: [
    '*',
    'null',
    'https://*.example.com',
    'app.example.com',
    '//app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com?a=b',
    'https://App.example.com',
    'HTTPS://app.example.com',
    'https://app.example.com:443',
    'http://app.example.com:80',
    'capacitor://localhost/',
    'Capacitor://localhost',
    'capacitor://',
    'app://a b',
    'file:///',
    'file:///index.html',
    'data:text/html;x',
    'wss://app.example.com',
    'about:blank',
    'https://münchen.example',
    'https://user@app.example.com',
    'https://bücher.example',
    'https://a.example,',
    'https://a.example;https://b.example',
    'https://a.example https://b.example',
    'https:///app.example.com',
    'https://',
    'https://a.example\\b',
    'ftp://app.example.com',
    'file:///etc',
    'javascript:alert(1)',
  ],
  TRUST_PROXY: ['-1', '11', 'true'],
  LOG_LEVEL: ['verbose', 'INFO', '30'],
  MONGODB_URI: ['localhost:27017', 'http://127.0.0.1/', 'mongodb://'],
};

for (const [name, texts] of Object.entries(BAD)) {
  for (const text of texts) {
    test(`${name}=${text.slice(0, 60)} is refused, by name`, (t) => {
      const error = t.throws(() => parseConfig({ ...LEAST, [name]: text }), {
        instanceOf: ConfigError,
      });
      t.is(error?.problems.length, 1);
      t.true(error?.problems[0]?.startsWith(`${name} `), error?.message);
    });
  }
}

test('a minPoolSize above MONGODB_POOL_SIZE is refused by the names of both, not by an option', (t) => {
  const env = { ...LEAST, MONGODB_URI: 'mongodb://127.0.0.1/?minPoolSize=51' };
  const error = t.throws(() => parseConfig(env), { instanceOf: ConfigError });
  t.regex(error?.message ?? '', /MONGODB_URI .*minPoolSize=51.* MONGODB_POOL_SIZE/);
  t.notRegex(error?.message ?? '', /maxPoolSize/);
});
