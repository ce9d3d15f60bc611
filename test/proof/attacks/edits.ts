import fc from 'fast-check';

/** Makes texts of a token, and where it takes two, of another one. */
export type Mutator = (token: string, another: string) => fc.Arbitrary<string>;

export type Mutators = Readonly<Record<string, Mutator>>;

export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
export const SPACES = [' ', '\t', '\n', '\r\n', '\0', '\v', '\u00a0', '\u200b', '\ufeff', '\u2028'];
export const SIGNS = [...SPACES, ...'=+/.,;:?%"\'\\~', '\u00e9', '\u{1f98a}', '\ud800'];

/** A place in a text. */
export function at(text: string): fc.Arbitrary<number> {
  return fc.nat({ max: Math.max(0, text.length - 1) });
}

/** A text with so many letters exchanged for others. */
export function spliced(text: string, from: number, removed: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(from + removed);
}

/** Changes that know nothing of tokens. */
export const edits: Mutators = {
  untouched: (token) => fc.constant(token),
  'bit flipped': (token) =>
    fc
      .tuple(at(token), fc.nat({ max: 7 }))
      .map(([index, bit]) =>
        spliced(token, index, 1, String.fromCharCode(token.charCodeAt(index) ^ (1 << bit))),
      ),
  'byte replaced': (token) =>
    fc
      .tuple(at(token), fc.constantFrom(...ALPHABET, ...SIGNS))
      .map(([index, sign]) => spliced(token, index, 1, sign)),
  'byte inserted': (token) =>
    fc
      .tuple(at(token), fc.constantFrom(...ALPHABET, ...SIGNS))
      .map(([index, sign]) => spliced(token, index, 0, sign)),
  'bytes removed': (token) =>
    fc
      .tuple(at(token), fc.integer({ min: 1, max: 4 }))
      .map(([index, count]) => spliced(token, index, count, '')),
  'bytes exchanged': (token) =>
    fc.tuple(at(token), at(token)).map(([one, two]) => {
      const letters = [...token];
      [letters[one], letters[two]] = [letters[two] ?? '', letters[one] ?? ''];
      return letters.join('');
    }),
  truncated: (token) =>
    fc
      .tuple(at(token), fc.boolean())
      .map(([end, back]) => (back ? token.slice(0, end) : token.slice(end + 1))),
  extended: (token) =>
    fc
      .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.boolean())
      .map(([more, back]) => (back ? token + more : more + token)),
  'over 4 KiB': (token) =>
    fc.integer({ min: 3_000, max: 4_500 }).map((length) => token + 'A'.repeat(length)),
  junk: () => fc.string({ unit: 'binary', maxLength: 60 }),
};
