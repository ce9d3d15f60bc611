import {
  type FindPatterns,
  findCopies,
  findDates,
  findPressedAgain,
  findRuns,
  findWalks,
  findWords,
  type Pattern,
} from './patterns.ts';
import { DICE_BITS, isDiceWord, LONGEST_WORD } from './words.ts';

/** The bits of the choices that a guesser makes first: an alphabet, a separator and so on. */
const CHOICES_BITS = 4;

/**
 * The bits that are added where made-up text begins. Many dice words are also common words, which have fewer bits in
 * made-up text. Because of the added bits, a few such words still have fewer bits as words drawn by dice.
 */
const MADE_UP_BITS = 12;

/** MADE_UP_BITS for a text of digits. It is higher, because random digits often form dates, runs and copies. */
const MADE_UP_DIGITS_BITS = 20;
const DRAWN_AGAIN_BITS = 2;
const SEPARATOR_BITS = 0.5;
const SPELLING_BITS = 1.5;
const TITLE_BITS = 0.5;
const UNKNOWN_WORD_BITS = 4;

/** The most characters that are estimated at once. For a longer text, the stronger of its two ends counts. */
const MOST_CHARACTERS = 256;

/** The number of characters estimated first. The last word may be cut, so the bits must exceed `enough` by a margin. */
const FIRST_LOOK = 40;
const FIRST_LOOK_MARGIN = 30;

const FINDERS: readonly FindPatterns[] = [
  findWords,
  findRuns,
  findWalks,
  findDates,
  findCopies,
  findPressedAgain,
];

/**
 * Estimates the bits that a guesser has to find: the fewest bits that describe the text as a series of parts. A part is
 * drawn (random characters, dice words) or made up by a person (known words, dates, keyboard walks, runs and copies).
 * Stops early at `enough`.
 */
export function estimateStrength(text: string, enough: number): number {
  const characters = [...text];
  const [start, ...parts] = [FIRST_LOOK, MOST_CHARACTERS].map((most) => characters.slice(0, most));
  const atFirst = leastBits(start ?? []);
  if (characters.length <= FIRST_LOOK || atFirst >= enough + FIRST_LOOK_MARGIN) return atFirst;
  if (characters.length > MOST_CHARACTERS) parts.push(characters.slice(-MOST_CHARACTERS));
  let most = 0;
  for (const part of parts) {
    most = Math.max(most, leastBits(part));
    if (most >= enough) break;
  }
  return most;
}

/** The least bits of the text up to each place, by the kind of text there: drawn, made up, or an unknown word. */
interface Costs {
  readonly drawn: Float64Array;
  readonly madeUp: Float64Array;
  readonly unknownWord: Float64Array;
}

function leastBits(characters: readonly string[]): number {
  const { length } = characters;
  const [drawn, madeUp, unknownWord] = [1, 2, 3].map(() =>
    new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY),
  ) as [Float64Array, Float64Array, Float64Array];
  const costs = { drawn, madeUp, unknownWord };
  const text = readCharacters(characters);
  const isDigits = characters.every((each) => /\d/.test(each));
  const madeUpBits = isDigits ? MADE_UP_DIGITS_BITS : MADE_UP_BITS;
  drawn[0] = CHOICES_BITS;
  for (let at = 0; at <= length; at++) {
    settle(costs, at, madeUpBits);
    if (at < length) advance(costs, text, at);
  }
  return drawn[length] ?? 0;
}

/** Begins or ends made-up text, or an unknown word within made-up text, if this lowers the bits up to `at`. */
function settle({ drawn, madeUp, unknownWord }: Costs, at: number, madeUpBits: number): void {
  lower(madeUp, at, unknownWord[at]);
  lower(madeUp, at, (drawn[at] ?? 0) + madeUpBits);
  lower(drawn, at, (madeUp[at] ?? 0) + DRAWN_AGAIN_BITS);
  lower(unknownWord, at, (madeUp[at] ?? 0) + UNKNOWN_WORD_BITS);
}

function advance({ drawn, madeUp, unknownWord }: Costs, text: Text, at: number): void {
  lower(drawn, at + 1, (drawn[at] ?? 0) + (text.drawnBits[at] ?? 0));
  lower(unknownWord, at + 1, (unknownWord[at] ?? 0) + (text.wordBits[at] ?? 0));
  if (text.folded[at] === text.separator) lower(madeUp, at + 1, (madeUp[at] ?? 0) + SEPARATOR_BITS);
  for (const end of findDiceWords(text, at))
    reach(drawn, text, at, { start: at, end, bits: DICE_BITS + SEPARATOR_BITS });
  for (const find of FINDERS) {
    for (const pattern of find(text.folded, at, text.characters)) reach(madeUp, text, at, pattern);
  }
}

/** Lowers the bits up to the end of a word or pattern, and up to the end of a separator after the word or pattern. */
function reach(costs: Float64Array, text: Text, at: number, { start, end, bits }: Pattern): void {
  const total = (costs[at] ?? 0) + bits + caseBits(text, start, end);
  lower(costs, end, total);
  if (text.folded[end] === text.separator) lower(costs, end + 1, total + SEPARATOR_BITS);
}

function lower(costs: Float64Array, at: number, bits = Number.POSITIVE_INFINITY): void {
  if (at < costs.length && bits < (costs[at] ?? 0)) costs[at] = bits;
}

interface Text {
  readonly characters: readonly string[];
  /** The number of letters up to each place. `capitals` has the number of capitals. */
  readonly letters: readonly number[];
  readonly capitals: readonly number[];
  /** The characters in lower case. */
  readonly folded: readonly string[];
  readonly separator: string | undefined;
  /** The bits of each character if drawn at random. `wordBits` has the bits of each character in an unknown word. */
  readonly drawnBits: readonly number[];
  readonly wordBits: readonly number[];
}

function readCharacters(characters: readonly string[]): Text {
  const folded = characters.map((each) =>
    [...each.toLowerCase()].length === 1 ? each.toLowerCase() : each,
  );
  return {
    characters,
    letters: countUpTo(characters, /\p{L}/u),
    capitals: countUpTo(characters, /\p{Lu}/u),
    folded,
    separator: commonSeparator(characters),
    drawnBits: charactersBits(characters),
    wordBits: characters.map(unknownBits),
  };
}

function findDiceWords({ folded }: Text, start: number): readonly number[] {
  const ends: number[] = [];
  let word = '';
  for (let at = start; at < Math.min(folded.length, start + LONGEST_WORD); at++) {
    word += folded[at];
    if (isDiceWord(word)) ends.push(at + 1);
  }
  return ends;
}

/** Returns the bits that capitals add: 0 for none, 0.5 for an initial one, 1 for capitals only, more for a mixture. */
function caseBits({ letters, capitals }: Text, start: number, end: number): number {
  const upper = between(capitals, start, end);
  const all = between(letters, start, end);
  if (upper === 0) return 0;
  const isTitle = upper === 1 && between(capitals, start, start + 1) === 1;
  if (isTitle) return TITLE_BITS;
  if (upper === all) return 1;
  return Math.min(upper, all - upper + 1) * SPELLING_BITS + 1;
}

function countUpTo(characters: readonly string[], form: RegExp): readonly number[] {
  let count = 0;
  return [0, ...characters.map((each) => (form.test(each) ? ++count : count))];
}

function between(counts: readonly number[], start: number, end: number): number {
  return (counts[end] ?? 0) - (counts[start] ?? 0);
}

/** Returns the most frequent sign, which may separate words; undefined if no sign occurs more than once. */
function commonSeparator(characters: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const each of characters) {
    if (!/[\p{L}\p{N}]/u.test(each)) counts.set(each, (counts.get(each) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return most !== undefined && most[1] > 1 ? most[0] : undefined;
}

/** Returns the bits of a character in an unknown word: 4 in lower case, since about 16 letters are likely in words. */
function unknownBits(character: string): number {
  if (/\p{Ll}/u.test(character)) return 4;
  if (/\d/.test(character)) return Math.log2(10);
  return /\p{Lu}/u.test(character) ? 5 : 6;
}

const ALPHABETS: readonly (readonly [form: RegExp, size: number])[] = [
  [/^\d+$/, 10],
  [/^[\da-f]+$/, 16],
  [/^[\dA-F]+$/, 16],
  [/^[a-z]+$/, 26],
  [/^[A-Z]+$/, 26],
  [/^[A-Z2-7]+$/, 32],
  [/^[\da-z]+$/, 36],
  [/^[\dA-Z]+$/, 36],
  [/^[A-Za-z]+$/, 52],
  [/^[\dA-Za-z]+$/, 62],
];
const PRINTABLE = 95;
const ALPHABET_BITS = 2.5;

/**
 * Returns each character's bits in the smallest of three alphabets: the alphabet of the text, the alphabet of the run
 * of letters and digits around the character, or the set of the characters that occur.
 */
function charactersBits(characters: readonly string[]): readonly number[] {
  const whole = alphabetSize(characters.join(''));
  const kinds = new Set(characters).size;
  const used = Math.log2(kinds) + choiceBits(kinds, whole) / characters.length;
  const runs = characters.join('').match(/[\dA-Za-z]+|[^\dA-Za-z]/gu) ?? [];
  return runs.flatMap((run) => {
    const own = Math.log2(alphabetSize(run)) + ALPHABET_BITS / run.length;
    const bits = Math.min(used, own, Math.log2(whole));
    return [...run].map(() => bits);
  });
}

function alphabetSize(text: string): number {
  const beyondAscii = [...text].some((each) => (each.codePointAt(0) ?? 0) > 126);
  return (
    ALPHABETS.find(([form]) => form.test(text))?.[1] ?? (beyondAscii ? 2 * PRINTABLE : PRINTABLE)
  );
}

/** Returns the binary logarithm of the number of ways to choose `kinds` characters out of `size`. */
function choiceBits(kinds: number, size: number): number {
  let bits = 0;
  for (let at = 0; at < Math.min(kinds, size - kinds); at++)
    bits += Math.log2((size - at) / (at + 1));
  return bits;
}
