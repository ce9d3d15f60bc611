import fc from 'fast-check';
import type { Attack } from './attack.ts';
import type { HttpClient } from './http-client.ts';
import { type MutantToken, mutantTokens } from './mutant-tokens.ts';
import { PLACES, type PlaceName } from './places.ts';
import type { Tally } from './tally.ts';
import { openTokenScene, type TokenScene } from './token-scene.ts';

/** A mutant and where it is sent. */
interface Attempt {
  readonly mutator: string;
  readonly place: PlaceName;
  readonly texts: readonly string[];
}

/**
 * Mutants of access and refresh tokens in each place where tokens are read: only what is byte for byte what
 * was issued is let in, as the user whom it was issued to.
 */
export const tokenAttack: Attack<TokenScene, Attempt> = {
  name: 'mutated tokens',
  open: openTokenScene,
  mutants: attempts,
  judge,
};

function attempts(scene: TokenScene): fc.Arbitrary<Attempt> {
  const access = [...scene.issued.keys()];
  const refresh = [...scene.refreshable.keys()];
  const inBody = (place: PlaceName, tokens: readonly string[]) =>
    mutantTokens(tokens).map(({ mutator, text }): Attempt => ({ mutator, place, texts: [text] }));
  return fc.oneof(
    {
      weight: 6,
      arbitrary: mutantTokens([...access, ...refresh]).chain((it) => inHeader(it, access)),
    },
    { weight: 2, arbitrary: inBody('introspection', [...access, ...refresh]) },
    { weight: 2, arbitrary: inBody('refresh', [...refresh, ...access.slice(0, 1)]) },
  );
}

const WRONG = ['Basic', 'Token', 'JWT', 'DPoP', 'Bearer:', 'Bearer=', 'Bear er', 'B\u00e9arer', ''];

function inHeader({ mutator, text }: MutantToken, access: readonly string[]) {
  const place = fc.constantFrom<PlaceName>('me', 'me', 'me', 'logout', 'revoke-all');
  const scheme = fc.constantFrom('Bearer', 'Bearer', 'bearer', 'BEARER', 'bEaReR');
  const right = fc
    .tuple(scheme, fc.constantFrom(' ', ' ', '   '))
    .map(([name, space]) => name + space + text);
  const wrong = fc
    .tuple(fc.constantFrom(...WRONG), fc.constantFrom(' ', '\t', '\u00a0', '', ' ,'))
    .map(([name, space]) => name + space + text);
  const second = fc.constantFrom(...access.map((token) => `Bearer ${token}`), '', 'x');
  const as = (its: string, where: PlaceName, ...texts: string[]): Attempt => {
    return { mutator: its, place: where, texts };
  };
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(place, right).map(([at, one]) => as(mutator, at, one)) },
    {
      weight: 1,
      arbitrary: fc.tuple(place, wrong).map(([at, one]) => as('another scheme', at, one)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(place, right, second)
        .map(([at, one, two]) => as('two headers', at, one, two)),
    },
  );
}

async function judge(
  { mutator, place, texts }: Attempt,
  scene: TokenScene,
  http: HttpClient,
  tally: Tally,
): Promise<void> {
  const { request, expected, seen } = PLACES[place];
  const should = expected(texts, scene);
  const is = seen(await http.send(request(texts, scene)));
  tally.count(mutator, is.split(' of ')[0] ?? '');
  if (is === should) return;
  const shown = JSON.stringify(texts);
  throw new Error(`${place}, ${mutator}: ${is} in place of ${should} for ${shown}`);
}
