import test from 'ava';
import { createPasswordRules } from '../../../lib/passwords/rules.ts';

const OWNER = { email: 'jane.roe85@example.com', name: 'Jane Q. Roe' };
const LENGTH = /^The password must be at least 15 characters long/;
const COMMON = /^The password must not be a common password/;
const ACCOUNT = /^The password must be more than your name, your e-mail address or the name of/;

const standard = createPasswordRules({ serviceName: 'Acme Portal' });
const short = createPasswordRules({ serviceName: 'Acme Portal', passwordMinLength: 8 });

const BAD: readonly (readonly [password: string, message: RegExp])[] = [
  ['', /must not be empty/],
  ['a\0bcdefghijklmnopq', /NUL/],
  ['\ud800 is half of a character', /valid Unicode/],
  ['correct horse battery staple '.repeat(3), /at most 72 bytes/],
  ['\u{1f600}'.repeat(19), /at most 72 bytes/],
  ['x9#kQ2!mZ7&pL4', LENGTH],
  ['\u{1f600}\u{1f431}\u{1f40e}\u{1f50b}\u{1f4ce}\u{1f600}\u{1f4ce}', LENGTH],
  ['passwordpassword', COMMON],
  ['PassWordPassWord', COMMON],
  ['\uff50assword\uff50assword', COMMON], // full-width letters
  ['1qaz2wsx3edc4rfv', COMMON],
  ['qwerty123456789', COMMON],
  ['password12345678', COMMON],
  ['!!!Password!!!!!', COMMON],
  ['pass-word-2024-11', COMMON],
  ['12345678password', COMMON],
  ['iloveyouiloveyou', COMMON],
  ['iloveyou iloveyou iloveyou', COMMON],
  ['abc123abc123abc123', COMMON],
  ['123456789012345', COMMON],
  ['12345678901234567890', COMMON],
  ['aaaaaaaaaaaaaaa', COMMON],
  ['aaaaaaaaaaaaaaa1', COMMON],
  ['xyzxyzxyzxyzxyzxy', COMMON],
  ['abcdefghijklmnop', COMMON],
  ['ponmlkjihgfedcba', COMMON],
  ['\u{1f600}'.repeat(15), COMMON],
  ['jane.roe85@example.com', ACCOUNT],
  ['Jane.Roe85@Example.COM', ACCOUNT],
  ['jane.roe85jane.roe85', ACCOUNT],
  ['Jane.Roe-19850101', ACCOUNT],
  ['Jane Q. Roe 2024', ACCOUNT],
  ['janeqroejaneqroe', ACCOUNT],
  ['AcmePortal123456', ACCOUNT],
  ['acme-portal-acme-portal', ACCOUNT],
  ['rescind-rescind-1', ACCOUNT],
];

for (const [password, message] of BAD) {
  test(`refused: ${JSON.stringify(password)}`, (t) => {
    const fault = standard.findFault(password, OWNER) ?? '';
    t.regex(fault, message);
    if (password.length > 3) t.false(fault.includes(password));
  });
}

const GOOD: readonly string[] = [
  'correct horse battery',
  'staple battery horse',
  'lowercase only is fine',
  'NO LOWER CASE AT ALL',
  '839201748265930',
  'password and a few words more',
  'jane plays the violin',
  'rescind my old tokens',
  '8362-cat-927461053', // the word is the least of it
  'x9#kQ2!mZ7&pL4$',
  '               x',
  '\u00fcber den Wolken \u00e4h',
  '\u732b\u306f\u30bd\u30d5\u30a1\u306e\u4e0a\u3067\u5bdd\u3066\u3044\u307e\u3059\u3088\u3002',
  'x9#kQ2!m'.padEnd(72, 'correct horse battery staple'),
];

for (const password of GOOD) {
  test(`accepted: ${JSON.stringify(password)}`, (t) => {
    t.is(standard.findFault(password, OWNER), undefined);
  });
}

test('characters are code points, and the configuration sets their minimum', (t) => {
  const emoji = '\u{1f600}\u{1f431}\u{1f40e}\u{1f50b}\u{1f4ce}\u{1f511}\u{1f512}\u{1f513}';
  t.is(short.findFault(emoji, OWNER), undefined);
  t.regex(short.findFault(emoji.slice(2), OWNER) ?? '', /at least 8 characters/);
  const long = createPasswordRules({ serviceName: 'x', passwordMinLength: 64 });
  const text = 'correct horse battery staple and then some more of the same kind'.slice(0, 64);
  t.is(long.findFault(text, OWNER), undefined);
  t.regex(long.findFault(text.slice(1), OWNER) ?? '', /at least 64 characters/);
});

test('with a minimum of 8 characters, common passwords are refused', (t) => {
  for (const password of ['sunshine', 'Football', 'trustno1', 'dragon12', '1q2w3e4r', 'letmein!']) {
    t.regex(short.findFault(password, OWNER) ?? '', COMMON, password);
  }
});

test('an owner with no name, or one of signs, is no hindrance', (t) => {
  for (const name of ['', ' ', '...', '123']) {
    const owner = { email: '1@example.com', name };
    t.is(standard.findFault('839201748265930', owner), undefined, name);
  }
});

test('a length that no configuration may have is refused by name', (t) => {
  for (const passwordMinLength of [7, 65, 15.5, Number.NaN]) {
    t.throws(() => createPasswordRules({ serviceName: 'x', passwordMinLength }), {
      instanceOf: TypeError,
      message: /"passwordMinLength"/,
    });
  }
});
