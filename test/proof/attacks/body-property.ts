import type { Attack } from './attack.ts';
import { faultOf } from './body-oracle.ts';
import { type BodyScene, openBodyScene } from './body-scene.ts';
import type { HttpClient, Sent } from './http-client.ts';
import { type MutantBody, mutantBodies } from './mutant-bodies.ts';
import type { Tally } from './tally.ts';

/** Bodies of every kind, to every endpoint that takes one: nothing comes of them but what the endpoint is for. */
export const bodyAttack: Attack<BodyScene, MutantBody> = {
  name: 'mutated bodies',
  open: openBodyScene,
  mutants: mutantBodies,
  judge,
};

function requestOf({ good, type, encoding, bytes }: MutantBody): Sent {
  const packed = encoding === undefined ? [] : [['Content-Encoding', encoding] as const];
  const typed = type === '' ? [] : [['Content-Type', type] as const];
  const headers = [...good.headers.slice(1), ...typed, ...packed];
  return { method: 'POST', path: good.path, headers, body: bytes };
}

async function judge(
  mutant: MutantBody,
  scene: BodyScene,
  http: HttpClient,
  tally: Tally,
): Promise<void> {
  const got = await http.send(requestOf(mutant));
  tally.count(mutant.mutator, String(got.status));
  const fault = faultOf(mutant, got, scene);
  if (fault === undefined) return;
  const { good, type, encoding, bytes } = mutant;
  const shown = JSON.stringify({ type, encoding, text: bytes.toString('latin1').slice(0, 600) });
  throw new Error(`${good.path}, ${mutant.mutator}: ${fault}: ${shown}`);
}
