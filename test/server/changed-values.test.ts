/** A value that was changed on its way is put right, or refused by name: it never becomes another key. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { parseConfig } from '../../server/config.ts';
import { ConfigError } from '../../server/config-error.ts';
import { readEnvironment } from '../../server/environment.ts';
import { emptyFolder } from '../helpers/processes.ts';

const secret = generateSecret();
const other = generateSecret();
const LEAST = { MONGODB_URI: 'mongodb://127.0.0.1/rescind', JWT_SECRET_KEY: secret };

for (const quotes of ['""', "''", '``', '“”', '‘’']) {
  const [open, close] = [...quotes] as [string, string];
  const kept = (value: string) => `${open}${value}${close}`;

  test(`Quotes that were kept are taken off where they can be no part of the value: ${quotes}`, (t) => {
    const quoted = {
      MONGODB_URI: kept(LEAST.MONGODB_URI),
      PORT: kept('80'),
      LOG_LEVEL: kept('warn'),
    };
    const config = parseConfig({ ...LEAST, ...quoted });
    t.like(config, { MONGODB_URI: LEAST.MONGODB_URI, PORT: 80, LOG_LEVEL: 'warn' });
  });

  test(`Quotes around a key are refused by name, and the key is not told: ${quotes}`, (t) => {
    for (const name of ['JWT_SECRET_KEY', 'JWT_SECRET_KEY_PREVIOUS']) {
      const error = t.throws(() => parseConfig({ ...LEAST, [name]: kept(secret) }), {
        instanceOf: ConfigError,
      });
      t.is(error?.problems.length, 1);
      t.regex(error?.message ?? '', new RegExp(`${name} has quotes around it`));
      t.false(error?.message.includes(secret));
    }
  });
}

test('Characters that cannot be seen are refused by name, and white space around a value does not count', (t) => {
  t.is(
    parseConfig({ ...LEAST, JWT_SECRET_KEY: `\ufeff ${secret}\r\n` }).JWT_SECRET_KEY.trim(),
    secret,
  );
  for (const added of ['\u200b', '\0', '\x1b', '\u00ad', '\u2060', '\u202e']) {
    for (const value of [
      secret + added,
      added + secret,
      `${secret.slice(0, 9)}${added}${secret}`,
    ]) {
      const error = t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY: value }), {
        instanceOf: ConfigError,
      });
      t.regex(error?.message ?? '', /JWT_SECRET_KEY has a character that cannot be seen/);
    }
  }
  t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY: `${secret}\n${other}` }), {
    message: /JWT_SECRET_KEY has a line break/,
  });
});

const LISTS: Readonly<Record<string, string>> = {
  'comma-separated': `${secret},${other}`,
  'a JSON array': JSON.stringify([secret, other]),
  'a JSON array on several lines': JSON.stringify([secret, other], null, 2),
  'one on each line': `${secret}\n${other}\n`,
  'one on each line, by Windows': `${secret}\r\n${other}`,
};

for (const [how, list] of Object.entries(LISTS)) {
  test(`Previous secrets are read as ${how}`, (t) => {
    const config = parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list });
    t.deepEqual(config.JWT_SECRET_KEY_PREVIOUS, [secret, other]);
  });
}

test('A secret with a comma is kept whole in a JSON array or on a line, and else the message says so', (t) => {
  const comma = 'k9,Vq}2:Zt!x_4Lw~7;Rb^e@8Ym{Hs%0';
  for (const list of [JSON.stringify([comma]), `${comma}\n${secret}`]) {
    t.is(
      parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list }).JWT_SECRET_KEY_PREVIOUS?.[0],
      comma,
    );
  }
  const error = t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: comma }), {
    message: /JWT_SECRET_KEY_PREVIOUS \(secret 1 of the list\).*If a comma is a part of the secret/,
  });
  t.false(error?.message.includes(comma.slice(3)));
  for (const list of ['[', '[1]', '[]', `["${secret}"`, `[${secret}]`]) {
    t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list }), {
      message: /must be a JSON array of strings/,
    });
  }
});

const REFUSED: readonly (readonly [line: string, fault: RegExp])[] = [
  ['JWT_SECRET_KEY=abc#def', /begins a comment/],
  ['JWT_SECRET_KEY=#abc', /begins a comment/],
  ['export JWT_SECRET_KEY = abc#', /begins a comment/],
  ['JWT_SECRET_KEY="abc', /not closed/],
  ["JWT_SECRET_KEY='abc\nPORT=1", /not closed/],
  ['JWT_SECRET_KEY="abc"def', /goes on behind its closing quote/],
  ['JWT_SECRET_KEY="a"#b"', /goes on behind its closing quote/],
  ['JWT_SECRET_KEY=“abc”', /typographic/],
  ['JWT_SECRET_KEY=abc\nJWT_SECRET_KEY=def', /there twice/],
  ['MONGODB_URI_FILE=/run/a#b', /begins a comment/],
];

for (const [text, fault] of REFUSED) {
  test(`.env that Node would read otherwise than it is written is refused: ${JSON.stringify(text)}`, (t) => {
    const folder = emptyFolder(t);
    writeFileSync(join(folder, '.env'), `${text}\n`);
    const error = t.throws(() => readEnvironment(folder, {}), { instanceOf: ConfigError });
    t.regex(error?.message ?? '', fault);
    t.regex(error?.message ?? '', /(JWT_SECRET_KEY|MONGODB_URI_FILE) in \.env/);
    t.false(/abc|def/.test(error?.message ?? ''));
  });
}

test('.env that is read as it is written is accepted, and so is what is no setting or is set elsewhere', (t) => {
  const folder = emptyFolder(t);
  const lines = [
    'JWT_SECRET_KEY="abc#def" # comment',
    'JWT_ISSUER=\'a "b"\'',
    'PORT=1 # comment',
    'HOST=::1 #comment',
    'JWT_PRIVATE_KEY="-----BEGIN\nx#y\n-----END"',
    'NOT_OURS=a#b',
    'LOG_LEVEL=warn#x',
  ];
  writeFileSync(join(folder, '.env'), lines.join('\n'));
  t.like(readEnvironment(folder, { LOG_LEVEL: 'info' }), {
    JWT_SECRET_KEY: 'abc#def',
    JWT_ISSUER: 'a "b"',
    PORT: '1',
    HOST: '::1',
    LOG_LEVEL: 'info',
  });
});
