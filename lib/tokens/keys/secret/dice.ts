import { isDiceWord, LONGEST_WORD, wordBits } from './words.ts';

/** The least number of words. Eight words of a list of 7,776 have 103 bits, and a secret needs 100. */
const WORDS = 8;

/** Words of fewer bits are common. If more than MOST_LIKELY words are common, a person chose the words, not dice. */
const LIKELY_BITS = 8;
const MOST_LIKELY = 4;

/**
 * Returns true for words drawn by dice: at least eight different words of the list and nothing else, with or without
 * separators. Sentences fail, since they have words of one or two letters, which are not in the list.
 */
export function isDrawnByDice(text: string): boolean {
  const lower = text.toLowerCase();
  const words = lower.split(/[^a-z]+/);
  const list = words.length > 1 ? words : divide(lower);
  if (!list.every(isDiceWord) || new Set(list).size < WORDS) return false;
  return list.filter((word) => (wordBits(word) ?? 0) < LIKELY_BITS).length <= MOST_LIKELY;
}

type Words = readonly string[];

/** Divides a text into the fewest words of the list. Returns no words if this is impossible. */
function divide(text: string): Words {
  const fewest: (Words | undefined)[] = [[]];
  for (let end = 1; end <= text.length; end++) fewest[end] = fewestUpTo(fewest, text, end);
  return fewest[text.length] ?? [];
}

function fewestUpTo(
  fewest: readonly (Words | undefined)[],
  text: string,
  end: number,
): Words | undefined {
  let best: Words | undefined;
  for (let start = Math.max(0, end - LONGEST_WORD); start < end; start++) {
    const before = fewest[start];
    if (before === undefined || before.length + 1 >= (best?.length ?? Number.POSITIVE_INFINITY))
      continue;
    const word = text.slice(start, end);
    if (isDiceWord(word)) best = [...before, word];
  }
  return best;
}
