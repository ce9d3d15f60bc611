import fc from 'fast-check';
import { edits } from './edits.ts';
import { forgeries } from './forgeries.ts';
import { reSpellings } from './re-spellings.ts';

/** A text in place of a token, and what was done to get it. */
export interface MutantToken {
  readonly mutator: string;
  readonly text: string;
}

const MUTATORS = { ...edits, ...reSpellings, ...forgeries };

/** One mutation of one of the tokens, now and then two. */
export function mutantTokens(tokens: readonly string[]): fc.Arbitrary<MutantToken> {
  const token = fc.constantFrom(...tokens);
  const name = fc.constantFrom(...Object.keys(MUTATORS));
  const mutate = (mutator: string, text: string, another: string) =>
    MUTATORS[mutator]?.(text === '' ? 'x' : text, another) ?? fc.constant(text);
  const one = fc
    .tuple(token, token, name)
    .chain(([base, another, mutator]) =>
      mutate(mutator, base, another).map((text) => ({ mutator, text, another })),
    );
  const two = fc
    .tuple(one, name)
    .chain(([{ text, another }, second]) =>
      mutate(second, text, another).map((twice) => ({ mutator: 'two of these', text: twice })),
    );
  return fc.oneof({ weight: 5, arbitrary: one }, { weight: 1, arbitrary: two });
}
