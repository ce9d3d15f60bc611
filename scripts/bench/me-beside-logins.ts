/** What logins do to everybody else: `/me` at a fixed rate, without and with too many logins. */
import { type Collected, unlessFailed } from './collected.ts';
import { LOADS } from './loads.ts';
import { LOGIN_POOL, makeLoginPool, passwordThreads } from './logins.ts';
import { oneThreadRate } from './one-thread-rate.ts';
import type { Plan } from './plan.ts';
import { makeHotPools } from './pools.ts';
import { type RealServer, startRealServer } from './real-server.ts';
import type { BesideLoginsRun } from './results.ts';
import { assertRight } from './run-cell.ts';
import type { Stage } from './stage.ts';
import { keepBusy } from './started-row.ts';
import type { Step } from './step.ts';

/** Of what the password threads can do. */
const OFFERED = 2;

/** By then the queue of passwords is full: it is as long as the threads work off in some 2.5 s. */
const LEAD_IN = 3_500;
const CALIBRATION = 1_500;

const ME = { pool: 'hot', order: 'random', load: LOADS['200/s'] } as const;

export function meBesideLoginsSteps(
  stage: Stage,
  plan: Plan,
  collected: Collected,
): readonly Step[] {
  const duration = plan.quick ? 3_000 : 10_000;
  return Array.from({ length: plan.quick ? 1 : plan.rounds }, (_, round) => ({
    title: `/me beside logins, round ${round + 1}`,
    seconds: (plan.warmUp + 2 * (LEAD_IN + duration) + CALIBRATION) / 1000 + 3,
    perform: () =>
      unlessFailed(collected, 'me-beside-logins', async () => {
        collected.besideLogins.push(await runRound(stage, round, duration, plan.warmUp));
      }),
  }));
}

async function runRound(
  stage: Stage,
  round: number,
  duration: number,
  warmUp: number,
): Promise<BesideLoginsRun> {
  await makeHotPools(stage);
  await makeLoginPool(stage);
  const threads = passwordThreads();
  const offered = OFFERED * threads * (await oneThreadRate(CALIBRATION));
  const server = await startRealServer(stage, threads);
  try {
    await keepBusy(server, stage, warmUp, ME);
    const without = await runMe(stage, server, duration, []);
    const beside = await runMe(stage, server, duration, [
      { pool: LOGIN_POOL, order: 'random', load: { kind: 'open', rate: offered } },
    ]);
    const [me, logins] = beside;
    if (without[0] === undefined || me === undefined || logins === undefined) {
      throw new Error('the generator measured nothing');
    }
    return { round, offered, without: without[0], beside: me, logins };
  } finally {
    await server.stop();
  }
}

async function runMe(
  { generator }: Stage,
  { port }: RealServer,
  duration: number,
  others: Parameters<typeof generator.run>[0]['streams'],
) {
  const streams = [ME, ...others];
  const results = await generator.run({ port, leadIn: LEAD_IN, duration, streams });
  for (const result of results) assertRight(result, '/me beside logins');
  return results;
}
