import { adjacencyGraphs } from '@zxcvbn-ts/language-common';
import { LONGEST_WORD, mayBeginWord, wordBits } from './words.ts';

/** A part of a text that is easier to guess than character by character. */
export interface Pattern {
  readonly start: number;
  readonly end: number;
  /** The binary logarithm of the number of guesses that the pattern takes. */
  readonly bits: number;
}

/** Finds the patterns that begin at `start`. `folded` has the characters of the text in lower case. */
export type FindPatterns = (
  folded: readonly string[],
  start: number,
  characters: readonly string[],
) => readonly Pattern[];

const READING_BITS = 1.5;

/** Digits and signs that stand for letters; `1` and `!` stand for two letters each. */
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

/** Finds known words, including words written backwards or with digits and signs for letters. */
export const findWords: FindPatterns = (folded, start, characters) => {
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
    const [inOrder = ''] = spelled;
    if (![...spelled, inOrder].some(mayBeginWord)) break;
    const bits = leastBits(spelled, backwards);
    if (bits < Number.POSITIVE_INFINITY) {
      patterns.push({ start, end: at + 1, bits: bits + insideBits(characters, start, at + 1) });
    }
  }
  return patterns;
};

const SHORT_WORD = 3;
const INSIDE_BITS = 2.5;

/** Returns extra bits for a short word inside other letters, since it may be only a part of a longer word. */
function insideBits(characters: readonly string[], start: number, end: number): number {
  if (end - start > SHORT_WORD || (beginsWord(characters, start) && beginsWord(characters, end)))
    return 0;
  return INSIDE_BITS;
}

function beginsWord(characters: readonly string[], at: number): boolean {
  return (
    at === 0 || !/\p{Ll}/u.test(characters[at] ?? '') || !/\p{L}/u.test(characters[at - 1] ?? '')
  );
}

function leastBits([plain = '', ...others]: readonly string[], backwards: string): number {
  const [asItIs, ...turned] = [plain, ...others, backwards].map(
    (word) => wordBits(word) ?? Number.POSITIVE_INFINITY,
  );
  return Math.min(asItIs ?? Number.POSITIVE_INFINITY, Math.min(...turned) + 2 * READING_BITS);
}

const STEPS = [0, 1, -1, 2, -2];
const RUN_BITS = 5;

/** Finds runs: characters at equal steps of 0, 1 or 2, up or down. Steps of 1 may wrap around, as in `890`, `yza`. */
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

/** The bits of a walk: WALK_BITS for its start, TURN_BITS for each turn, STEP_BITS for each step straight on. */
const WALK_BITS = 5;
const TURN_BITS = 2.5;
const STEP_BITS = 0.4;

/** Finds walks over neighbouring keys of a keyboard, straight on or with turns. */
export const findWalks: FindPatterns = (folded, start) =>
  KEYBOARDS.flatMap((keyboard) => walksOn(keyboard, folded, start));

function walksOn(keyboard: Graph, folded: readonly string[], start: number): Pattern[] {
  const patterns: Pattern[] = [];
  let bits = WALK_BITS;
  let direction = -2;
  for (let at = start; at + 1 < folded.length; at++) {
    const next = findDirection(keyboard, folded[at] ?? '', folded[at + 1] ?? '');
    if (next === -1) break;
    bits += next === direction ? STEP_BITS : TURN_BITS;
    direction = next;
    if (at - start >= 1) patterns.push({ start, end: at + 2, bits });
  }
  return patterns;
}

function findDirection(keyboard: Graph, from: string, to: string): number {
  return (keyboard[from] ?? []).findIndex((key) => key?.includes(to));
}

const LONGEST_DATE = '2026-01-31T12:30:00.000Z'.length;
const YEAR = '(?:19[4-9]\\d|20[0-4]\\d)';
const [MONTH, DAY] = ['(?:0?[1-9]|1[0-2])', '(?:0?[1-9]|[12]\\d|3[01])'];
const DATES: readonly (readonly [form: RegExp, bits: number])[] = [
  [new RegExp(YEAR, 'y'), 7],
  [new RegExp(`${YEAR}([-/._ ]?)${MONTH}\\1${DAY}`, 'y'), 17],
  [new RegExp(`${DAY}([-/._ ]?)${MONTH}\\1${YEAR}`, 'y'), 17],
  [new RegExp(`${MONTH}([-/._ ]?)${DAY}\\1${YEAR}`, 'y'), 17],
  [new RegExp(`${DAY}([-/._ ])${MONTH}\\1\\d\\d`, 'y'), 17],
  [/(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?/y, 12],
  [
    new RegExp(`${YEAR}-${MONTH}-${DAY}t[012]\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{3})?)?z?`, 'y'),
    25,
  ],
];

/** Finds years, dates in the usual orders, and times of the day. */
export const findDates: FindPatterns = (folded, start) => {
  const text = folded.slice(start, start + LONGEST_DATE).join('');
  return DATES.flatMap(([form, bits]) => {
    form.lastIndex = 0;
    const found = form.exec(text)?.[0];
    return found === undefined ? [] : [{ start, end: start + [...found].length, bits }];
  });
};

const SHORTEST = 3;
const LONG = 32;
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
1qaz!qaz2wsx@wsx3edc#edc4rfv$rfv5tgb%tgb6yhn^yhn7ujm&ujm8ik,*ik< zaq1zaq!xsw2xsw@cde3cde#vfr4vfr$bgt5bgt%nhy6nhy^mju7mju&
192.168.0.1 192.168.1.1 127.0.0.1:27017 10.0.0.1 255.255.255.255 localhost:8001 http://localhost:3000
qazwsxedcrfvtgbyhnujmikolp 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/ !qaz@wsx#edc$rfv%tgb^yhn&ujm*ik<(ol>)p:?
the quick brown fox jumps over the lazy dog correct horse battery staple may the force be with you
123456789101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960
2357111317192329313741434753596167717379838997101103107109113 1123581321345589144233377610987159725844181676510946
1248163264128256512102420484096819216384327686553613107226214452428810485762097152 1491625364964811001211441691962252562893243614004414845295766257
2b7e151628aed2a6abf7158809cf4f3c 603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4
{"alg":"hs256","typ":"jwt"} {"alg":"hs512","typ":"jwt"} {"typ":"jwt","alg":"hs256"} eyjhbgcioijiuzi1niisinr5cci6ikpxvcj9 eyj0exaioijkv1qilcjhbgcioijiuzi1nij9
-kapdsgvkxp2s5v8y/b?e(h+mbqethwmzq3t6w9z$c&f)j@ncrfujxn2r5u7x!a%d*g-kapdsgvkyp3s6v9y/b?e(h+mbqethwmzq4t7w!z%c&f)j@ncrfujxn2r5u8x/a?d(g-kapdsgvkyp3s6v9y$b&e)h@mbqethwmzq4t7w!z%c*f-jandrfujxn2r5u8x/a?d(g+kbpeshvmyp3s6v9y$b&e)h@mcqftjwnzr4t7w!z%c*f-jandrgukxp2s5v8x/a?d(g+kbpeshvmyq3t6w9z$b&e)h@mcqftjwnzr4u7x!a%d*g-jandrgukxp2s5v8y/b?e(h+mbpeshvmyq3t6w9z$c&f)j@ncrftjwnzr4u7x!a%d*g
sk_test_4ec39hqlyjwdarjtt1zdp7dc akiaiosfodnn7example wjalrxutnfemi/k7mdeng/bpxrficyexamplekey sflkxwrjsmekkf2qt4fwpmejf36pok6yjv_adqssw5c
йцукенгшщзхъфывапролджэячсмитьбю. йцукенгшщзфывапролдячсмить йцукенгшщзхїфівапролджєячсмитьбю яшертъуиопшщасдфгхйклзьцжвбнм
ςερτυθιοπασδφγηξκλζχψωβνμ ;ςερτυθιοπ qwfpgjluy;arstdhneiozxcvbkm,./ qwfpgjluyarstdhneiozxcvbkm qdrwbjfup;ashtgyneoizxmcvkl
bépoèvdljzwauiectsrnmçêàyxk fgğıodrnhpqwuieaütkmlyşjövcçzsb ertyuıopğüasdfghjklşizxcvbnmöç qwertyuiopåasdfghjkløæ qwertyuiopåasdfghjklöä qwertzuiopüasdfghjklöäyxcvbnm
ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ /'קראטוןםפשדגכעיחלךףזסבהנמצתץ ضصثقفغعهخحجدشسيبلاتنمكطئءؤرلاىةوزظ たていすかんなにらせちとしはきくまのりれけつさそひこみもねるめ`,
];
const SHORTEST_KNOWN = 6;
const KNOWN_BITS = Math.log2(KNOWN_TEXT.length);

/** The signs typed with shift on a US keyboard. UNSHIFTED has the character of each key without shift. */
const SHIFTED = '!@#$%^&*()_+{}|:"<>?~';
const UNSHIFTED = "1234567890-=[]\\;',./`";
const SHIFT_BITS = 2;

function toKey(character: string): string {
  const at = SHIFTED.indexOf(character);
  return at === -1 ? character : (UNSHIFTED[at] ?? character);
}

/** Finds sequences of keys that were also pressed earlier in the text, with or without shift. */
export const findPressedAgain: FindPatterns = (folded, start) => {
  if (!folded.some((each) => SHIFTED.includes(each))) return [];
  const keys = folded.map(toKey);
  return earlierCopies(keys, start).map((copy) => ({ ...copy, bits: copy.bits + SHIFT_BITS }));
};

/**
 * Finds substrings that repeat a known text, or repeat earlier text forwards or reversed. Each counts as the bits
 * needed to encode the position and the length of the repeated text.
 */
export const findCopies: FindPatterns = (folded, start) => [
  ...earlierCopies(folded, start),
  ...copies(
    start,
    SHORTEST_KNOWN,
    matches(KNOWN_TEXT, KNOWN_TEXT.length, folded, start, 1),
    KNOWN_BITS,
  ),
];

function earlierCopies(characters: readonly string[], start: number): readonly Pattern[] {
  return ([1, -1] as const).flatMap((step) =>
    copies(start, SHORTEST, matches(characters, start, characters, start, step)),
  );
}

/** The length of a match, and the distance from the end of the searched text back to the start of the match. */
interface Match {
  readonly length: number;
  readonly distance: number;
}

function copies(
  start: number,
  shortest: number,
  found: readonly Match[],
  placeBits?: number,
): readonly Pattern[] {
  return found
    .filter(({ length }) => length >= shortest)
    .map(({ length, distance }) => {
      const bits = COPY_BITS + (placeBits ?? Math.log2(distance)) + Math.log2(length);
      return { start, end: start + length, bits };
    });
}

/** Finds the last copy in `source` of each prefix of the text at `start`. Stops after a copy of LONG characters. */
function matches(
  source: readonly string[],
  end: number,
  text: readonly string[],
  start: number,
  step: 1 | -1,
): readonly Match[] {
  const found: Match[] = [];
  let longest = SHORTEST - 1;
  for (let from = end - 1; from >= 0 && longest < LONG; from--) {
    const length = matchLength(source, from, text, start, step);
    for (const each of lengthsBetween(longest, length)) {
      found.push({ length: each, distance: end - from });
    }
    longest = Math.max(longest, length);
  }
  return found;
}

function matchLength(
  source: readonly string[],
  from: number,
  text: readonly string[],
  start: number,
  step: 1 | -1,
): number {
  let length = 0;
  while (start + length < text.length && source[from + step * length] === text[start + length]) {
    length++;
  }
  return length;
}

/** Returns the lengths above `longest` up to `length`. Skips the lengths between LONG and `length`, to save work. */
function lengthsBetween(longest: number, length: number): readonly number[] {
  const lengths: number[] = [];
  for (let each = longest + 1; each <= Math.min(length, LONG); each++) lengths.push(each);
  if (length > LONG) lengths.push(length);
  return lengths;
}

function lengthsUpTo(most: number): readonly number[] {
  return lengthsBetween(SHORTEST - 1, most);
}
