/** The generator's pools of requests that all rows share. */
import type { Credential } from './load/requests.ts';
import { LOADS, type LoadName, type Measure, MOST_PER_SECOND } from './loads.ts';
import type { Plan } from './plan.ts';
import { HOT_COUNT } from './population.ts';
import { bearer } from './probe.ts';
import type { Stage } from './stage.ts';
import type { MintedToken } from './tokens.ts';

/** Where the requests of a measure come from. */
export function poolOf({ load, pattern }: Measure): string {
  return pattern === 'cold' ? `cold, ${load}` : pattern;
}

/** Tokens that are in nobody's results, to warm a server up for new ones. */
export const WARM_UP_POOL = 'warm-up';

/** Of the warm-up of a server that is measured with new tokens, the part that has new tokens. */
export const COLD_WARM_UP = 1 / 3;

/** Tokens that come again and again, and those among them that are revoked. */
export async function makeHotPools({ generator, hot, revoked }: Stage): Promise<void> {
  const good = hot.map((token) => authorization(token, 200));
  const refused = revoked.map((token) => authorization(token, 401));
  const withShare = (share: number) => {
    const count = HOT_COUNT * share;
    return [...good.slice(count), ...refused.slice(0, count)];
  };
  await generator.makePool({ pool: 'hot', credentials: good });
  await generator.makePool({ pool: '1 % revoked', credentials: withShare(0.01) });
  await generator.makePool({ pool: '50 % revoked', credentials: withShare(0.5) });
}

/** As many tokens as a run of each load can use up. Every server sees them once, for it is started anew. */
export async function makeColdPools(
  { generator, secret }: Stage,
  { leadIn, duration, warmUp }: Pick<Plan, 'leadIn' | 'duration' | 'warmUp'>,
): Promise<void> {
  const make = (pool: string, load: LoadName, milliseconds: number) => {
    const count = Math.ceil((MOST_PER_SECOND[load] * milliseconds) / 1000);
    return generator.makePool({ pool, mint: { secret, count } });
  };
  await make(WARM_UP_POOL, '50 connections', warmUp * COLD_WARM_UP);
  for (const load of Object.keys(LOADS) as LoadName[]) {
    await make(poolOf({ load, pattern: 'cold' }), load, leadIn + duration);
  }
}

function authorization(token: MintedToken, status: number): Credential {
  return { name: 'Authorization', value: bearer(token), expected: [status] };
}
