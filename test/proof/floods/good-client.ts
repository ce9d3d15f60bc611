import type { StreamResult } from '../../../scripts/bench/load/protocol.ts';
import { startGenerator } from '../../../scripts/bench/load/start-generator.ts';
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
  const generator = await startGenerator({ lists: undefined, description: '' });
  owner.teardown(() => generator.stop());
  const credentials = tokens.map((token) => ({
    name: 'Authorization',
    value: `Bearer ${token}`,
    expected: [200],
  }));
  await generator.makePool({ pool: 'me', credentials });
  await generator.makePool({ pool: 'livez', requests: [{ line: 'GET /livez', headers: {} }] });
  const stream = (pool: string, rate: number) =>
    ({ pool, order: 'random', load: { kind: 'open', rate } }) as const;

  return async function ask(duration) {
    const streams = [stream('me', ME_RATE), stream('livez', LIVEZ_RATE)];
    const port = Number(new URL(url).port);
    const [me, livez] = await generator.run({ port, leadIn: 0, duration, streams });
    if (me === undefined || livez === undefined) throw new Error('There is a stream missing');
    return { me, livez };
  };
}
