/** A value that was changed on its way is put right, or refused by name: it never becomes another key. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { parseConfig } from '../../server/config/config.ts';
import { readEnvironment } from '../../server/config/env.ts';
import { ConfigError } from '../../server/config/error.ts';
import { emptyFolder } from '../helpers/processes.ts';

const secret = generateSecret();
const other = generateSecret();
const LEAST = { MONGODB_URI: 'mongodb://127.0.0.1/rescind', JWT_SECRET_KEY: secret };

for (const quotes of ['""', "''", '``', '“”', '‘’', '„“', '«»']) {
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

  test(`Quotes around a key are refused by name, and the key is not printed: ${quotes}`, (t) => {
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
  const unseen = '\u200b \0 \x1b \u00ad \u2060 \u202e a\u00a0b a\u3000b a\u2009b \ufffd'.split(' ');
  for (const added of unseen) {
    for (const value of [
      secret + added,
      added + secret,
      `${secret.slice(0, 9)}${added}${secret}`,
    ]) {
      const error = t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY: value }), {
        instanceOf: ConfigError,
      });
      t.regex(error?.message ?? '', /JWT_SECRET_KEY has an invisible character/);
    }
  }
  t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY: `${secret}\n${other}` }), {
    message: /JWT_SECRET_KEY has a line break/,
  });
});

const MARKED: Readonly<Record<string, readonly [value: string, fault: RegExp]>> = {
  'quotes of JSON in JSON': [`\\"${secret}\\"`, /has quotes around it/],
  'quotes and the comma of JSON': [`"${secret}",`, /has quotes around it/],
  'quotes in quotes': [`'"${secret}"'`, /has quotes around it/],
  'quotes of HTML': [`&quot;${secret}&quot;`, /has quotes around it/],
  'one quote before it': [`"${secret}`, /has a stray quote, comma/],
  'one quote behind it': [`${secret}'`, /has a stray quote, comma/],
  'a semicolon': [`${secret};`, /has a stray quote, comma/],
  'a comma': [`${secret},`, /has a stray quote, comma/],
  'a backslash': [`${secret}\\`, /has a stray quote, comma/],
  'a line end in letters': [`${secret}\\n`, /has a stray quote, comma/],
  'an encoded line end': [`${secret}%0A`, /has a stray quote, comma/],
  'a comment': [`${secret} # of production`, /has a # next to a space/],
  'the sign of a comment': [`# ${secret}`, /has a # next to a space/],
  'the name of the setting': [`JWT_SECRET_KEY=${secret}`, /begins with the name of a setting/],
  'export and the name': [`export JWT_SECRET_KEY=${secret}`, /begins with the name of a setting/],
  'a JSON object': [JSON.stringify({ JWT_SECRET_KEY: secret }), /is a JSON object/],
};

for (const [what, [value, fault]] of Object.entries(MARKED)) {
  test(`What was added to a key on its way is refused by name, also in a file: ${what}`, (t) => {
    const file = join(emptyFolder(t), 'key');
    writeFileSync(file, `${value}\n`);
    const { MONGODB_URI } = LEAST;
    for (const env of [{ JWT_SECRET_KEY: value }, { JWT_SECRET_KEY_FILE: file }]) {
      const error = t.throws(() => parseConfig({ MONGODB_URI, ...env }), {
        instanceOf: ConfigError,
      });
      t.is(error?.problems.length, 1);
      t.regex(error?.message ?? '', new RegExp(`JWT_SECRET_KEY ${fault.source}`));
      t.false(error?.message.includes(secret));
    }
  });
}

test('Signs that a generator drew are a part of the key', (t) => {
  for (const key of [
    '"f9#Tq!2vL@8zR$5mW^1xK&7pJ*3cN?6',
    'f9#Tq!2vL@8zR$5mW^1xK&7pJ*3cN?6\\',
    `${secret}#9`,
  ]) {
    t.is(parseConfig({ ...LEAST, JWT_SECRET_KEY: key }).JWT_SECRET_KEY, key);
  }
});

const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const WRITINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a byte order mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-8 with two of them': (text) => Buffer.from(`\ufeff\ufeff${text}`),
  'UTF-16, little end first': (text) => utf16(`\ufeff${text}`),
  'UTF-16, big end first': (text) => utf16(`\ufeff${text}`).swap16(),
  'UTF-16 without a mark': utf16,
  'UTF-16 without a mark, big end first': (text) => utf16(text).swap16(),
};

for (const [how, write] of Object.entries(WRITINGS)) {
  for (const [name, lineEnd] of Object.entries({ Unix: '\n', Windows: '\r\n' })) {
    test(`.env and the file of a secret are read as they were written: ${how}, lines of ${name}`, (t) => {
      const folder = emptyFolder(t);
      const file = join(folder, 'previous');
      const lines = [`MONGODB_URI=${LEAST.MONGODB_URI}`, `JWT_SECRET_KEY="${secret}"`, ''];
      writeFileSync(join(folder, '.env'), write(lines.join(lineEnd)));
      writeFileSync(file, write([secret, other, ''].join(lineEnd)));
      const env = readEnvironment(folder, { JWT_SECRET_KEY_PREVIOUS_FILE: file });
      t.like(parseConfig(env), { ...LEAST, JWT_SECRET_KEY_PREVIOUS: [secret, other] });
    });
  }
}

for (const [how, write] of Object.entries(WRITINGS)) {
  test(`Every setting that a file may hold is read as it was written: ${how}`, (t) => {
    const folder = emptyFolder(t);
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: other })) {
      env[`${name}_FILE`] = join(folder, name);
      writeFileSync(join(folder, name), write(`${value}\r\n`));
    }
    t.like(parseConfig(env), { ...LEAST, JWT_SECRET_KEY_PREVIOUS: [other] });
  });
}

test('A file that is no UTF-8 is refused, and its bytes never become another key', (t) => {
  const file = join(emptyFolder(t), 'key');
  writeFileSync(file, Buffer.from(`${secret}\xe9`, 'latin1'));
  t.throws(() => parseConfig({ MONGODB_URI: LEAST.MONGODB_URI, JWT_SECRET_KEY_FILE: file }), {
    message: /JWT_SECRET_KEY has an invisible character/,
  });
});

const LISTS: Readonly<Record<string, string>> = {
  'comma-separated': `${secret},${other}`,
  'comma-separated, with spaces': `${secret}, ${other}`,
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

test('A secret with a comma is kept whole in a JSON array or on a line; otherwise the message advises to use one of them', (t) => {
  const comma = 'k9,Vq}2:Zt!x_4Lw~7;Rb^e@8Ym{Hs%0';
  for (const list of [JSON.stringify([comma]), `${comma}\n${secret}`]) {
    t.is(
      parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list }).JWT_SECRET_KEY_PREVIOUS?.[0],
      comma,
    );
  }
  const error = t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: comma }), {
    message: /JWT_SECRET_KEY_PREVIOUS \(secret 1 of the list\).*If a comma is part of the secret/,
  });
  t.false(error?.message.includes(comma.slice(3)));
  for (const list of ['[', '[1]', '[]', `["${secret}"`, `[${secret}]`]) {
    t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list }), {
      message: /must be a JSON array of strings/,
    });
  }
});

test('A previous secret with signs verifies as well where the comma was a part of it, or what is between two others', (t) => {
  const signs = ['f9#Tq!2vL@8zR$5mW^1xK&7pJ*3cN?6b', 'k9}Vq]2:Zt!x_4Lw~7;Rb^e@8Ym{Hs%0'];
  const previous = (list: string) =>
    parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list }).JWT_SECRET_KEY_PREVIOUS;
  t.deepEqual(previous(signs.join(',')), [...signs, signs.join(',')]);
  for (const between of [' ', ';', '\\n']) {
    const whole = `${secret}${between}${other}`;
    t.deepEqual(previous(whole), [secret, other, whole]);
  }
  const dice = 'velvet anchor mustard quilt harpoon ninth wobbly citizen';
  t.deepEqual(previous(dice), [dice]);
});

test('The message about a faulty previous secret advises to remove it, since a new one verifies nothing', (t) => {
  const weak = 'change-this-to-a-random-string-in-production';
  for (const list of [weak, `${secret}\n${weak}`, `${secret},${weak}`, JSON.stringify([weak])]) {
    const error = t.throws(() => parseConfig({ ...LEAST, JWT_SECRET_KEY_PREVIOUS: list }));
    t.regex(error?.message ?? '', /remove it from the list\. Its tokens are then rejected/);
    t.notRegex(error?.message ?? '', /generate-secret/);
  }
});

const REFUSED: readonly (readonly [line: string, fault: RegExp])[] = [
  ['JWT_SECRET_KEY=abc#def', /begins a comment/],
  ['JWT_SECRET_KEY=#abc', /begins a comment/],
  ['export JWT_SECRET_KEY = abc#', /begins a comment/],
  ['JWT_SECRET_KEY="abc', /not closed/],
  ["JWT_SECRET_KEY='abc\nPORT=1", /not closed/],
  ['JWT_SECRET_KEY="abc"def', /has text after its closing quote/],
  ['JWT_SECRET_KEY="a"#b"', /has text after its closing quote/],
  ['JWT_SECRET_KEY=“abc”', /typographic/],
  ['JWT_SECRET_KEY=abc\nJWT_SECRET_KEY=def', /set twice/],
  ['JWT_SECRET_KEY=abc\\\ndef', /ends with a backslash/],
  ['JWT_SECRET_KEY=abc\\', /ends with a backslash/],
  ['JWT_SECRET_KEY=abc\ndef', /followed by a line that is not a variable/],
  ['JWT_SECRET_KEY=abc\r\ndef+def', /followed by a line that is not a variable/],
  ['JWT_SECRET_KEY=abc\nA1b2C3d4E5f6G7h8I9j0defg==', /followed by a line that is not a variable/],
  ['JWT_SECRET_KEY=abc\nJWT_ISSUER: def', /followed by a line that is not a variable/],
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
    'JWT_AUDIENCE=a',
    'other=',
    'MAX_SESSIONS=3',
    '  # comment',
    'BCRYPT_COST=12',
    'some.other-name = x',
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
