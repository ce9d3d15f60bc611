import type { Random } from './random.ts';

export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
export const SPACES = [' ', '\t', '\n', '\r\n', '\0', '\v', '\u00a0', '\u200b', '\ufeff', '\u2028'];
export const SIGNS = [...SPACES, ...'=+/.,;:?%"\'\\~', '\u00e9', '\u{1f98a}', '\ud800'];

/** Replaces so many UTF-16 units of a text. */
export function splice(text: string, from: number, removed: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(from + removed);
}

/** Inserts a text anywhere in another one. */
export function insertAt(text: string, { below }: Random, inserted: string): string {
  return splice(text, below(text.length + 1), 0, inserted);
}

/** Flips one of the lower eight bits of a character. */
export function flipBit(text: string, { below }: Random): string {
  const index = below(text.length);
  return splice(text, index, 1, String.fromCharCode(text.charCodeAt(index) ^ (1 << below(8))));
}

/** Lists texts that differ from this one by case, compatibility or decomposition of letters. */
export function listLookalikes(text: string): readonly string[] {
  return [
    text.toUpperCase(),
    text.toLowerCase(),
    text.normalize('NFKD').replace('e', 'e\u0301'),
    text.replaceAll('s', '\u017f'),
    text.replaceAll(/k/gi, '\u212a'),
    text.replaceAll('i', '\u0130'),
    text.replaceAll('.', '\u3002'),
    // Full-width forms, which NFKC folds back.
    text.replace(/[a-z]/gi, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  ];
}

/** Returns a string that some program takes for this one, or a far longer or random one. */
export function makeSimilar(text: string, random: Random): string {
  const { pick, below } = random;
  const kind = below(6);
  if (kind < 3) return splice(text, below(text.length), below(3), pick(['', ...SIGNS, 'x']));
  if (kind === 3) return pick(['', ...SPACES]) + text + pick(['', ...SPACES, '\0', 'x']);
  if (kind === 4) return random.text(0, 10);
  const long = [`${text}${'x'.repeat(72)}`, text.repeat(30), 'x'.repeat(20_000)];
  return pick([...listLookalikes(text), ...long]);
}
