import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { PUBLISHED_SECRETS } from '../../../lib/tokens/keys/secret/published-secrets.ts';
import {
  generateSecret,
  normalizeSecret,
  secretFault,
} from '../../../lib/tokens/keys/secret/rules.ts';

/** The whole of each phrase, with N for a length: a phrase that matches tells nothing else of the value. */
const PHRASES = {
  missing: 'is missing',
  empty: 'is empty',
  short: 'has N characters after trimming; at least N are needed',
  placeholder: 'is a placeholder that was not filled in',
  reference: 'is a reference to a secret, not the secret itself',
  repeated: 'only repeats a piece of fewer than N characters',
  hash: 'is the hash of an empty text or of a word that is easy to guess',
  guessable:
    'can be guessed: known words, dates, keyboard walks, runs and repeats leave less than N random bits',
  published: 'is a value printed in a guide or an example, where anyone can read it',
  weak: 'has fewer than N characters besides its weak words',
  code: 'is a command, code, a token or a public key, not a secret',
} as const;

type Lists = Readonly<Record<string, readonly string[]>>;

/** Secrets that are refused by the rule of that name, that are accepted, and that people made up, by kind. */
const { bad, good, weak }: Readonly<Record<'bad' | 'good' | 'weak', Lists>> = JSON.parse(
  readFileSync('test/vectors/secrets.json', 'utf8'),
);
const BAD_SECRETS = Object.entries(bad).flatMap(([rule, values]) =>
  values.map((value) => ({ value, rule: rule as keyof typeof PHRASES })),
);
const GOOD_SECRETS = Object.values(good).flat();
const WEAK_SECRETS = Object.values(weak).flat();

function toPhrase(value: string | undefined): string | undefined {
  return secretFault(value)?.replace(/\d+/g, 'N').replace('N character ', 'N characters ');
}

test('A secret that is not set is refused as missing', (t) => {
  t.is(secretFault(undefined), 'is missing');
});

test('There are 40 bad and 21 good examples, none of them twice', (t) => {
  t.is(new Set(BAD_SECRETS.map(({ value }) => value)).size, 40);
  t.is(new Set(GOOD_SECRETS).size, 21);
});

test('Each bad example is refused by its rule', (t) => {
  for (const { value, rule } of BAD_SECRETS) t.is(toPhrase(value), PHRASES[rule], value);
});

test('Each good example is accepted', (t) => {
  for (const value of GOOD_SECRETS) t.is(secretFault(value), undefined, value);
});

test('The fault of a short secret tells its length in characters', (t) => {
  t.is(secretFault('q'), 'has 1 character after trimming; at least 32 are needed');
  t.is(secretFault(' 🦊🐻🐼 '), 'has 3 characters after trimming; at least 32 are needed');
});

test('The fault never contains the value', (t) => {
  for (const { value } of BAD_SECRETS.filter(({ value }) => value.trim().length > 1)) {
    t.false(secretFault(value)?.toLowerCase().includes(value.trim().toLowerCase()), value);
  }
});

test('The fault is one of a few phrases that differ by a length alone, so no part of the value is in it', (t) => {
  const phrases = new Set<string | undefined>([undefined, ...Object.values(PHRASES)]);
  const weak = fc.constantFrom('secret', 'password', 'test', 'aaa', 'abcdef', 'Kx9', '-');
  const values = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.array(weak, { maxLength: 20 }).map((parts) => parts.join('')),
    fc.array(weak, { maxLength: 4 }).map((parts) => parts.join('').repeat(9)),
  );
  t.notThrows(() => fc.assert(fc.property(values, (value) => phrases.has(toPhrase(value)))));
});

test('Every published value is refused, also in upper case and with space around it', (t) => {
  for (const { value, printedIn } of PUBLISHED_SECRETS) {
    for (const spelling of [value, value.toUpperCase(), value.toLowerCase(), ` ${value}\r\n`]) {
      t.truthy(secretFault(spelling), printedIn);
    }
  }
});

test('Every published value is long enough to need the list, stands there once and says where it is printed', (t) => {
  for (const { value, printedIn } of PUBLISHED_SECRETS) {
    t.true(value.length >= 32, printedIn);
    t.not(printedIn, '');
  }
  const values = PUBLISHED_SECRETS.map(({ value }) => value.toLowerCase());
  t.is(new Set(values).size, values.length);
});

test('One character fewer than 32 is too short, and one more is enough', (t) => {
  const value = 'GmT4wKz9RbXe2LqVn7YcHs5PfJd8UaQt';
  t.is(toPhrase(value.slice(1)), PHRASES.short);
  t.is(secretFault(value), undefined);
});

test('Digits alone are enough where there are enough of them', (t) => {
  t.is(toPhrase('1101000111010010110100101101001011'), PHRASES.guessable);
  t.is(secretFault('135792468275394618364718529461837295'), undefined);
});

test('A repeated piece counts once: of 21 characters it is refused, of 32 it is not', (t) => {
  const piece = 'k3Jx9QpLw2ZtV7mNrB4cDh8Yg5SfKu6E';
  t.is(toPhrase(piece.slice(0, 21).repeat(2)), PHRASES.repeated);
  t.is(toPhrase(piece.slice(0, 21).repeat(3).slice(0, 50)), PHRASES.repeated);
  t.is(secretFault(piece.repeat(2)), undefined);
});

for (const value of WEAK_SECRETS) {
  test(`A secret that people made up is refused: ${JSON.stringify(value)}`, (t) => {
    t.not(toPhrase(value), undefined);
    t.false(secretFault(value)?.toLowerCase().includes(value.toLowerCase()));
  });
}

const LONG: Readonly<Record<string, string>> = {
  'of one character': 'a'.repeat(4_096),
  'of two runs': `${'a'.repeat(2_000)}b${'a'.repeat(2_095)}`,
  'of runs': Array.from({ length: 1_000 }, (_, at) => `${'a'.repeat(at % 7)}b`).join(''),
  'of words': 'the secret key '.repeat(273),
  'of walks': Array.from({ length: 600 }, (_, at) => 'qwertyuiop'.slice(0, 3 + (at % 7))).join(''),
  'of numbers that count': Array.from({ length: 1_200 }, (_, at) => at).join(''),
  'of digits': Array.from(randomBytes(4_096), (byte) => byte % 10).join(''),
  'of zeros and ones': Array.from(randomBytes(4_096), (byte) => byte % 2).join(''),
  'of openings': '$('.repeat(2_000),
  'that was generated': generateSecret(3_072),
};

for (const [what, text] of Object.entries(LONG)) {
  test(`Four kilobytes are judged in a blink of the processor: ${what}`, (t) => {
    secretFault(text); // the dictionaries are read
    const begin = process.cpuUsage();
    secretFault(text);
    t.true(process.cpuUsage(begin).user < 250_000);
  });
}

test('Nineteen characters left beside the weak ones are too few, and twenty are enough', (t) => {
  const left = 'GmT4wKz9RbXe2LqVn7Yc';
  t.is(toPhrase(`${left.slice(1)}passwordsecret`), PHRASES.weak);
  t.is(secretFault(`${left}passwordsecret`), undefined);
});

test('Taking a weak word out does not join its neighbours into a new one', (t) => {
  // Twenty are left. Joined, `te` and `st` would go too.
  t.is(secretFault('GmT4wKz9RbXe2LqVtesecretstpassword'), undefined);
});

test('Runs and weak words that a generator drew leave a secret as it is', (t) => {
  for (const drawn of ['26434fedc93d4d1ab1aaaae444d98ccba', 'GmT4wKz9RbXe2LqVnaxyzaa000000000']) {
    t.is(secretFault(drawn), undefined);
  }
});

test('A secret is used trimmed', (t) => {
  t.is(normalizeSecret(' \tx y\r\n'), 'x y');
});

const EXAMPLE = '.env.example';

if (existsSync(EXAMPLE)) {
  test('A JWT_SECRET_KEY in .env.example is refused, also where it is commented out', (t) => {
    const uncommented = readFileSync(EXAMPLE, 'utf8').replace(/^#\s*/gm, '');
    t.truthy(secretFault(parseEnv(uncommented)['JWT_SECRET_KEY']));
  });
} else {
  test.skip(`${EXAMPLE} is not here, so its JWT_SECRET_KEY is not checked`, (t) => t.pass());
}
