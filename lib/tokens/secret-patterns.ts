import { adjacencyGraphs } from '@zxcvbn-ts/language-common';
import { LONGEST_WORD, wordBits } from './secret-words.ts';

/** A stretch of a text that a guesser need not draw character by character. */
export interface Pattern {
  readonly start: number;
  readonly end: number;
  /** The logarithm of the guesses that it takes. */
  readonly bits: number;
}

/** Finds the patterns that begin at a place; `folded` has as many characters as the text, in lower case. */
export type FindPatterns = (folded: readonly string[], start: number) => readonly Pattern[];

const READING_BITS = 1.5;

/** Digits and signs that stand for letters; `1` and `!` stand for two. */
const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
  '+': 't',
  '8': 'b',
  '9': 'g',
  '|': 'l',
};
const SPELLINGS: readonly Readonly<Record<string, string>>[] = [
  LEET,
  { ...LEET, '1': 'l', '!': 'l' },
];

/** Known words, also with digits for letters, and backwards. */
export const findWords: FindPatterns = (folded, start) => {
  const patterns: Pattern[] = [];
  const most = Math.min(folded.length, start + LONGEST_WORD);
  const spelled = ['', '', ''];
  let backwards = '';
  for (let at = start; at < most; at++) {
    const character = folded[at] ?? '';
    spelled[0] += character;
    SPELLINGS.forEach((spelling, index) => {
      spelled[index + 1] += spelling[character] ?? character;
    });
    backwards = character + backwards;
    const bits = leastBits(spelled, backwards);
    if (bits < Number.POSITIVE_INFINITY) patterns.push({ start, end: at + 1, bits });
  }
  return patterns;
};

function leastBits([plain = '', ...others]: readonly string[], backwards: string): number {
  const [asItIs, ...turned] = [plain, ...others, backwards].map(
    (word) => wordBits(word) ?? Number.POSITIVE_INFINITY,
  );
  return Math.min(asItIs ?? Number.POSITIVE_INFINITY, Math.min(...turned) + 2 * READING_BITS);
}

const STEPS = [0, 1, -1, 2, -2];
const RUN_BITS = 5;

/** Runs: each character the one before, or the next, or the next but one; `890` and `yza` go round. */
export const findRuns: FindPatterns = (folded, start) => {
  for (const step of STEPS) {
    let end = start + 1;
    while (end < folded.length && follows(folded[end - 1] ?? '', folded[end] ?? '', step)) end++;
    if (end - start >= SHORTEST) {
      return lengthsUpTo(end - start).map((length) => {
        return { start, end: start + length, bits: RUN_BITS + Math.log2(length) };
      });
    }
  }
  return [];
};

function follows(before: string, after: string, step: number): boolean {
  const [from = 0, to = 0] = [before.codePointAt(0), after.codePointAt(0)];
  if (to - from === step) return true;
  const round = isDigit(from) && isDigit(to) ? 10 : isLetter(from) && isLetter(to) ? 26 : 0;
  return (
    round > 0 && Math.abs(step) === 1 && (to - from + 2 * round) % round === (step + round) % round
  );
}

function isDigit(point: number): boolean {
  return point >= 48 && point <= 57;
}

function isLetter(point: number): boolean {
  return point >= 97 && point <= 122;
}

type Graph = Readonly<Record<string, readonly (string | null)[]>>;
const KEYBOARDS: readonly Graph[] = Object.values(adjacencyGraphs);

/** The first key of the four, five or six that a person would begin at, the keyboard, and how it goes on. */
const WALK_BITS = 5;
const TURN_BITS = 2.5;
const STEP_BITS = 0.4;

/** Walks over neighbouring keys of a keyboard, straight on or with turns. */
export const findWalks: FindPatterns = (folded, start) =>
  KEYBOARDS.flatMap((keyboard) => walksOn(keyboard, folded, start));

function walksOn(keyboard: Graph, folded: readonly string[], start: number): Pattern[] {
  const patterns: Pattern[] = [];
  let bits = WALK_BITS;
  let direction = -2;
  for (let at = start; at + 1 < folded.length; at++) {
    const next = directionOf(keyboard, folded[at] ?? '', folded[at + 1] ?? '');
    if (next === -1) break;
    bits += next === direction ? STEP_BITS : TURN_BITS;
    direction = next;
    if (at - start >= 1) patterns.push({ start, end: at + 2, bits });
  }
  return patterns;
}

function directionOf(keyboard: Graph, from: string, to: string): number {
  return (keyboard[from] ?? []).findIndex((key) => key?.includes(to));
}

const YEAR = '(?:19[4-9]\\d|20[0-4]\\d)';
const [MONTH, DAY] = ['(?:0?[1-9]|1[0-2])', '(?:0?[1-9]|[12]\\d|3[01])'];
const DATES: readonly (readonly [form: RegExp, bits: number])[] = [
  [new RegExp(YEAR, 'y'), 7],
  [new RegExp(`${YEAR}([-/._ ]?)${MONTH}\\1${DAY}`, 'y'), 17],
  [new RegExp(`${DAY}([-/._ ]?)${MONTH}\\1${YEAR}`, 'y'), 17],
  [new RegExp(`${MONTH}([-/._ ]?)${DAY}\\1${YEAR}`, 'y'), 17],
  [new RegExp(`${DAY}([-/._ ])${MONTH}\\1\\d\\d`, 'y'), 17],
  [/(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?/y, 12],
];

/** Years, dates in the orders that people write, and times of the day. */
export const findDates: FindPatterns = (folded, start) => {
  const text = folded.slice(start, start + 10).join('');
  return DATES.flatMap(([form, bits]) => {
    form.lastIndex = 0;
    const found = form.exec(text)?.[0];
    return found === undefined ? [] : [{ start, end: start + [...found].length, bits }];
  });
};

const SHORTEST = 3;
const LONG = 64;
const COPY_BITS = 3;

/** Texts that everyone knows: constants, rows and columns of keys, identifiers of examples, famous phrases. */
const KNOWN_TEXT = [
  ...`3.14159265358979323846264338327950288419716939937510582097494459230781640628620899
2.71828182845904523536028747135266249775724709369995957496696762772407663035354759
1.41421356237309504880168872420969807856967187537694 1.61803398874989484820458683436563811772030917980576
14159265358979323846 a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0 1a2b3c4d5e6f7g8h9i0j
1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 deadbeefcafebabefeedfaceb16b00b5baadf00d0badc0de
123e4567-e89b-12d3-a456-426614174000 550e8400-e29b-41d4-a716-446655440000 6ba7b810-9dad-11d1-80b4-00c04fd430c8
f47ac10b-58cc-4372-a567-0e02b2c3d479 a1b2c3d4-e5f6-7890-abcd-ef1234567890 0123456789abcdeffedcba9876543210
qazwsxedcrfvtgbyhnujmikolp 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/ !qaz@wsx#edc$rfv%tgb^yhn&ujm*ik<(ol>)p:?
the quick brown fox jumps over the lazy dog correct horse battery staple may the force be with you`,
];
const SHORTEST_KNOWN = 6;

/** Copies of what stood before, also backwards, or of a known text: the place and the length are left to guess. */
export const findCopies: FindPatterns = (folded, start) => {
  const before = Math.max(longestCopy(folded, start, 1), longestCopy(folded, start, -1));
  const known = longestMatch(KNOWN_TEXT, KNOWN_TEXT.length, folded, start, 1);
  return [
    ...copies(start, SHORTEST, before, start),
    ...copies(start, SHORTEST_KNOWN, known, KNOWN_TEXT.length),
  ];
};

function copies(start: number, shortest: number, most: number, places: number): readonly Pattern[] {
  return lengthsUpTo(most)
    .filter((length) => length >= shortest)
    .map((length) => {
      return {
        start,
        end: start + length,
        bits: COPY_BITS + Math.log2(places) + Math.log2(length),
      };
    });
}

function longestCopy(folded: readonly string[], start: number, step: 1 | -1): number {
  return longestMatch(folded, start, folded, start, step);
}

/** The length of the longest match of the text from `start` on; the first long one is long enough. */
function longestMatch(
  source: readonly string[],
  end: number,
  text: readonly string[],
  start: number,
  step: 1 | -1,
): number {
  let longest = 0;
  for (let from = 0; from < end && longest < LONG; from++) {
    let length = 0;
    while (start + length < text.length && source[from + step * length] === text[start + length]) {
      length++;
    }
    longest = Math.max(longest, length);
  }
  return longest;
}

/** All the short ones, and the longest: a text of thousands of equal characters has millions of others. */
function lengthsUpTo(most: number): readonly number[] {
  if (most < SHORTEST) return [];
  const short = Array.from(
    { length: Math.min(most, LONG) - SHORTEST + 1 },
    (_, at) => at + SHORTEST,
  );
  return most > LONG ? [...short, most] : short;
}
