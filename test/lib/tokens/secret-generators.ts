import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { dictionary } from '@zxcvbn-ts/language-common';

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
export const GENERATORS: Readonly<Record<string, () => string>> = {
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
