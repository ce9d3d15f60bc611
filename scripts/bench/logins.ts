/** Logins alone: how near the server comes to what its password threads could do. */
import { settings } from '../../server/settings.ts';
import { type Collected, unlessFailed } from './collected.ts';
import { BCRYPT_COST, PASSWORD } from './fill-database.ts';
import { oneThreadRate } from './one-thread-rate.ts';
import type { Plan } from './plan.ts';
import { emailOf } from './population.ts';
import { startRealServer } from './real-server.ts';
import type { LoginRun } from './results.ts';
import { assertRight } from './run-cell.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';

/** As many as a server has that is not told otherwise. */
export function passwordThreads(): number {
  return settings.BCRYPT_THREADS.parse(undefined);
}

/** Fewer than there are users, and many more than log in during a run. */
const LOGIN_USERS = 5_000;
export const LOGIN_POOL = 'logins';

const LEAD_IN = 2_000;

export function loginSteps(stage: Stage, plan: Plan, collected: Collected): readonly Step[] {
  const [duration, oneThread] = plan.quick ? [3_000, 1_000] : [10_000, 3_000];
  return Array.from({ length: plan.quick ? 1 : plan.rounds }, (_, round) => ({
    title: `logins alone, round ${round + 1}`,
    seconds: (duration + LEAD_IN + 2 * oneThread) / 1000 + 2,
    perform: () =>
      unlessFailed(collected, 'logins', async () => {
        collected.logins.push(await runLogins(stage, round, duration, oneThread));
      }),
  }));
}

async function runLogins(
  stage: Stage,
  round: number,
  duration: number,
  oneThread: number,
): Promise<LoginRun> {
  const threads = passwordThreads();
  const before = await oneThreadRate(oneThread);
  const logins = await loginRate(stage, threads, duration);
  const after = await oneThreadRate(oneThread);
  return { round, threads, cost: BCRYPT_COST, oneThread: [before, after], logins };
}

/** Twice as many logins at a time as there are threads, so that none of them ever waits for work. */
async function loginRate(stage: Stage, threads: number, duration: number): Promise<number> {
  await makeLoginPool(stage);
  const server = await startRealServer(stage, threads);
  try {
    const load = { kind: 'closed', connections: 2 * threads } as const;
    const [result] = await stage.generator.run({
      port: server.port,
      leadIn: LEAD_IN,
      duration,
      streams: [{ pool: LOGIN_POOL, order: 'random', load }],
    });
    if (result === undefined) throw new Error('the generator measured nothing');
    assertRight(result, 'logins alone');
    return (1000 * (result.measuredStatuses['200'] ?? 0)) / result.elapsed;
  } finally {
    await server.stop();
  }
}

/** Logins of many users: the limits count by account. */
export async function makeLoginPool({ generator }: Stage): Promise<void> {
  const emails = Array.from({ length: LOGIN_USERS }, (_, number) => emailOf(number));
  await generator.makePool({ pool: LOGIN_POOL, logins: { emails, password: PASSWORD } });
}
