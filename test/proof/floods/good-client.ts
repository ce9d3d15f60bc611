import { meRequest, type StreamResult } from '../../../scripts/bench/generator/protocol.ts';
import { startGenerator } from '../../../scripts/bench/processes.ts';
import type { Scope } from '../../helpers/scope.ts';

/** What a good client had to put up with. */
export interface Service {
  /** `/me` at a steady rate. */
  readonly me: StreamResult;
  /** `/livez`, which asks nothing of anyone: how long the event loop keeps a request waiting. */
  readonly livez: StreamResult;
}

/** Asks for as long as it is told to, in a process of its own, whether it is answered or not. */
export type GoodClient = (milliseconds: number) => Promise<Service>;

const ME_RATE = 50;
const LIVEZ_RATE = 20;

/** Good clients with these tokens. */
export async function startGoodClient(
  owner: Scope,
  url: string,
  tokens: readonly string[],
): Promise<GoodClient> {
  const generator = startGenerator({ lists: undefined, description: '' });
  owner.teardown(() => generator.stop());
  const requests = tokens.map((token) => meRequest('Authorization', `Bearer ${token}`));
  await generator.makeSet({ set: 'me', requests });
  await generator.makeSet({ set: 'livez', requests: [{ line: 'GET /livez', headers: {} }] });
  const stream = (set: string, rate: number) => ({ set, order: 'random', load: { rate } }) as const;

  return async function ask(duration) {
    const streams = [stream('me', ME_RATE), stream('livez', LIVEZ_RATE)];
    const port = Number(new URL(url).port);
    const [me, livez] = await generator.run({ port, leadIn: 0, duration, streams });
    if (me === undefined || livez === undefined) throw new Error('There is a stream missing');
    return { me, livez };
  };
}
