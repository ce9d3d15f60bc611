import { randomBytes } from 'node:crypto';
import { integerFault } from '../../../assert.ts';
import { rearrange } from './arrangements.ts';
import { isDrawnByDice } from './dice.ts';
import { isHashedWord } from './hashes.ts';
import { isCode, isPlaceholder, isReference } from './placeholders.ts';
import { PUBLISHED_SECRETS } from './published-secrets.ts';
import { decodeLayers } from './readings.ts';
import { estimateStrength } from './strength.ts';

const MIN_CHARACTERS = 32;
const MIN_BITS = 100;
/** The least number of repeated characters for which a secret is refused. Fewer repeated characters may be chance. */
const MIN_REPEATED = 10;
const MIN_CHARACTERS_LEFT = 20;

/**
 * The bits by which MIN_BITS is lower for texts decoded from digits. By chance, random digits may decode to a short
 * text, which has fewer bits than the digits.
 */
const DIGITS_BITS = 30;

/** The length below which a text of dice words is accepted without an estimate. Longer ones are estimated, and pass. */
const LONGEST_DICE = 200;

/** The bits that it takes to guess how a text was rearranged. */
const ARRANGEMENT_BITS = 4;
const MIN_GENERATED_BYTES = 32;

/** Weak words, longest first, so that `mysecretkey` is removed as a whole, not only the `secret` in it. */
const WEAK_WORDS = new RegExp(
  [
    'your-secret-key',
    'your_secret_key',
    'development',
    'mysecretkey',
    'changeme',
    'password',
    'secret',
    'test',
  ].join('|'),
);

const PIECE_LENGTHS = Array.from({ length: MIN_CHARACTERS - 1 }, (_, index) => index + 1);

const PUBLISHED = new Set(PUBLISHED_SECRETS.map(({ value }) => value.trim().toLowerCase()));

/** The trimmed value, and its code points as characters, so that an emoji is one character. */
interface Secret {
  readonly text: string;
  readonly characters: readonly string[];
}

interface Rule {
  readonly isBroken: (secret: Secret) => boolean;
  /** Returns a phrase that follows the option's name, and reveals nothing of the value but its length. */
  readonly fault: (secret: Secret) => string;
}

/** The rules in order. Only the first broken rule is reported. */
const RULES: readonly Rule[] = [
  { isBroken: isEmpty, fault: () => 'is empty' },
  {
    isBroken: isShort,
    fault: ({ characters: { length } }) =>
      `has ${length} ${length === 1 ? 'character' : 'characters'} after trimming; at least ${MIN_CHARACTERS} are needed`,
  },
  {
    isBroken: ({ text }) => isPlaceholder(text),
    fault: () => 'is a placeholder that was not filled in',
  },
  {
    isBroken: ({ text }) => isReference(text),
    fault: () => 'is a reference to a secret, not the secret itself',
  },
  {
    isBroken: ({ text }) => isCode(text),
    fault: () => 'is a command, code, a token or a public key, not a secret',
  },
  {
    isBroken: repeatsOnePiece,
    fault: () => `only repeats a piece of fewer than ${MIN_CHARACTERS} characters`,
  },
  {
    isBroken: isPublished,
    fault: () => 'is a value printed in a guide or an example, where anyone can read it',
  },
  {
    isBroken: isMostlyWeak,
    fault: () => `has fewer than ${MIN_CHARACTERS_LEFT} characters besides its weak words`,
  },
  {
    isBroken: ({ text }) => isHashedWord(text),
    fault: () => 'is the hash of an empty text or of a word that is easy to guess',
  },
  {
    isBroken: isGuessable,
    fault: () =>
      `can be guessed: known words, dates, keyboard walks, runs and repeats leave less than ${MIN_BITS} random bits`,
  },
];

/**
 * Returns the fault of a signing secret, as a phrase that follows the option's name; undefined for a valid secret.
 * The phrase never contains a part of the secret, so it may be logged.
 *
 * @example
 * secretFault('tiny'); // 'has 4 characters after trimming; at least 32 are needed'
 */
export function secretFault(value: string | undefined): string | undefined {
  if (value === undefined) return 'is missing';
  const text = normalizeSecret(value);
  const secret = { text, characters: [...text] };
  return RULES.find((rule) => rule.isBroken(secret))?.fault(secret);
}

/** Trims a secret, since files and shells add line ends. The UTF-8 bytes of the result are the key. */
export function normalizeSecret(value: string): string {
  return value.trim();
}

/** Generates a secret in base64url, with the system's random generator. */
export function generateSecret(bytes = MIN_GENERATED_BYTES): string {
  const fault = integerFault(bytes, MIN_GENERATED_BYTES);
  if (fault !== undefined) {
    throw new RangeError(`"bytes" ${fault}: HS256 needs a key of 256 bits (RFC 7518 section 3.2)`);
  }
  return randomBytes(bytes).toString('base64url');
}

function isEmpty({ text }: Secret): boolean {
  return text === '';
}

function isShort({ characters }: Secret): boolean {
  return characters.length < MIN_CHARACTERS;
}

function repeatsOnePiece({ characters }: Secret): boolean {
  return PIECE_LENGTHS.some(
    (length) => characters.length - length >= MIN_REPEATED && hasPeriod(characters, length),
  );
}

function isPublished({ text }: Secret): boolean {
  return decodeLayers(text).some((reading) => PUBLISHED.has(reading.toLowerCase()));
}

function isMostlyWeak({ text }: Secret): boolean {
  // The pieces between the weak words are not joined, because joining them could form another weak word.
  const pieces = text.toLowerCase().split(WEAK_WORDS);
  return pieces.reduce((sum, piece) => sum + [...piece].length, 0) < MIN_CHARACTERS_LEFT;
}

function isGuessable({ text, characters }: Secret): boolean {
  if (characters.length < LONGEST_DICE && isDrawnByDice(text)) return false;
  const [asItIs = '', ...others] = decodeLayers(text);
  const least = /^\d+$/.test(text) ? MIN_BITS - DIGITS_BITS : MIN_BITS;
  return (
    isUnder(MIN_BITS, asItIs) ||
    others.some((reading) => isUnder(least, reading)) ||
    rearrange(text).some((reading) => isUnder(MIN_BITS - ARRANGEMENT_BITS, reading))
  );
}

function isUnder(bits: number, text: string): boolean {
  return estimateStrength(text, bits) < bits;
}

/** Returns true if a text only repeats its first `period` characters. The last repetition may be incomplete. */
function hasPeriod(characters: readonly string[], period: number): boolean {
  for (let at = period; at < characters.length; at++) {
    if (characters[at] !== characters[at - period]) return false;
  }
  return true;
}
