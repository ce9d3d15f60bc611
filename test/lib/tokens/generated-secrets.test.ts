import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { dictionary } from '@zxcvbn-ts/language-common';
import test from 'ava';
import { generateSecret, secretFault } from '../../../lib/tokens/keys/secret/rules.ts';

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const SIGNS = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const CONSONANTS = 'b c ch d f g gh h j k l m n ng p ph qu r s sh t th v w x y z'.split(' ');
const VOWELS = 'a ae ah ai e ee ei i ie o oh oo u'.split(' ');

function draw(from: readonly string[], count: number): readonly string[] {
  return Array.from({ length: count }, () => from[randomInt(from.length)] ?? '');
}

function drawCharacters(alphabet: string, count: number): string {
  return draw([...alphabet], count).join('');
}

function drawWords(count = 8): readonly string[] {
  return draw(dictionary['diceware-common'], count);
}

function title(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}

/** Consonants and vowels in turn, some of them in capitals, and digits between them. */
function pronounceable(length: number): string {
  let text = '';
  for (let turn = randomInt(2); text.length < length; turn++) {
    const [sound = ''] = draw(turn % 2 === 0 ? CONSONANTS : VOWELS, 1);
    text += randomInt(10) < 2 ? title(sound) : sound;
    if (randomInt(10) < 3) text += randomInt(10);
  }
  return text.slice(0, length);
}

/** Secrets as generators that people have make them, by the generator. */
const GENERATORS: Readonly<Record<string, () => string>> = {
  'openssl rand -hex 16': () => randomBytes(16).toString('hex'),
  'openssl rand -hex 16, in capitals': () => randomBytes(16).toString('hex').toUpperCase(),
  'openssl rand -hex 32': () => randomBytes(32).toString('hex'),
  'openssl rand -hex 64': () => randomBytes(64).toString('hex'),
  'openssl rand -hex 32, in capitals': () => randomBytes(32).toString('hex').toUpperCase(),
  'openssl rand -base64 64': () => randomBytes(64).toString('base64'),
  'openssl rand -base64 24': () => randomBytes(24).toString('base64'),
  'openssl rand -base64 32': () => randomBytes(32).toString('base64'),
  'openssl rand -base64 48': () => randomBytes(48).toString('base64'),
  'a UUID': () => randomUUID(),
  'two UUIDs': () => randomUUID() + randomUUID(),
  'two UUIDs, without hyphens': () => (randomUUID() + randomUUID()).replaceAll('-', ''),
  'nanoid, 32 characters': () => drawCharacters(`${DIGITS}${LOWER}${UPPER}_-`, 32),
  'a password manager': () => drawCharacters(`${DIGITS}${LOWER}${UPPER}!@.-_*`, 32),
  '32 digits': () => drawCharacters(DIGITS, 32),
  'pwgen 32': () => pronounceable(32),
  'pwgen -s 32': () => drawCharacters(DIGITS + LOWER + UPPER, 32),
  'a cloud, with signs': () => drawCharacters(DIGITS + LOWER + UPPER + SIGNS, 32),
  'a cloud, without signs': () => drawCharacters(DIGITS + LOWER + UPPER, 32),
  '40 digits': () => drawCharacters(DIGITS, 40),
  'small letters': () => drawCharacters(LOWER, 32),
  base32: () => drawCharacters(`${UPPER}234567`, 32),
  'dice, with spaces': () => drawWords().join(' '),
  'dice, with hyphens': () => drawWords().join('-'),
  'dice, with points': () => drawWords().join('.'),
  'dice, capitalised': () => drawWords().map(title).join(''),
  'dice, in capitals': () => drawWords().join('-').toUpperCase(),
  'dice, with nothing between': () => drawWords().join(''),
  'dice, ten words': () => drawWords(10).join(''),
};

/** Draws of each generator; the rules were made with DRAWS=20000. */
const DRAWS = Number(process.env['DRAWS'] ?? 100);

for (const [name, generate] of Object.entries(GENERATORS)) {
  test(`None of the secrets of a generator is refused: ${name}`, (t) => {
    for (let round = 0; round < DRAWS; round++) {
      const value = generate();
      t.is(secretFault(value), undefined, value);
    }
  });
}

test('A generated secret is 32 random bytes in base64url, or as many as are asked for', (t) => {
  t.regex(generateSecret(), /^[A-Za-z0-9_-]{43}$/);
  t.is(Buffer.from(generateSecret(64), 'base64url').length, 64);
  t.not(generateSecret(), generateSecret());
});

test('A generator asked for fewer than 32 bytes throws and says why', (t) => {
  for (const bytes of [31, 0, -1, 32.5, Number.NaN]) {
    t.throws(() => generateSecret(bytes), { instanceOf: RangeError, message: /256 bits/ });
  }
});

test('None of some 900 generated secrets is refused, nor is one as openssl prints it', (t) => {
  // The bytes are drawn in blocks: a call to the generator for each would take as long as the rules do.
  for (let round = 0; round < 3; round++) {
    for (const secret of drawSecrets(100)) {
      if (secretFault(secret) !== undefined) t.fail(secret);
    }
  }
  t.is(secretFault(generateSecret()), undefined);
});

/** Each drawn secret as `generateSecret`, as `openssl rand -hex 32` and as `openssl rand -base64 32` write it. */
function* drawSecrets(count: number): Generator<string> {
  const block = randomBytes(32 * count);
  for (let at = 0; at < block.length; at += 32) {
    const bytes = block.subarray(at, at + 32);
    yield bytes.toString('base64url');
    yield bytes.toString('hex');
    yield bytes.toString('base64');
  }
}
