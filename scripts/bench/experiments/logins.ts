/** Logins alone, and `/me` at a fixed rate without and with more logins than the server can do. */
import type { Environment } from '../environment.ts';
import type { Stream } from '../generator/protocol.ts';
import { keepBusy, makeHotSets, measureStreams } from '../measurement.ts';
import { listRounds } from '../plan.ts';
import { PASSWORD_THREADS, withRealServer } from '../servers.ts';
import { BCRYPT_COST, PASSWORD, userEmail } from '../tokens.ts';
import { measureOneThread } from './one-thread.ts';

/** Fewer than there are users, and many more than log in during a measurement. */
const LOGIN_USERS = 5_000;

const LOGINS_LEAD_IN = 2_000;
/** Fills the queue of passwords, which is as long as the threads work off in some 2.5 s. */
const BESIDE_LEAD_IN = 3_500;
const CALIBRATION = 1_500;
/** Offered logins in multiples of what the password threads can do. */
const OFFERED = 2;

const ME: Stream = { set: 'hot', order: 'random', load: { rate: 200 } };

export function listLoginTasks(environment: Environment) {
  const { plan } = environment;
  const [duration, oneThread] = plan.quick ? [3_000, 1_000] : [10_000, 3_000];
  const seconds = (duration + LOGINS_LEAD_IN + 2 * oneThread) / 1000 + 2;
  return listRounds(plan, { id: 'logins', title: 'logins alone', seconds }, async (round) => {
    const before = await measureOneThread(oneThread);
    const logins = await measureLogins(environment, duration);
    const rates = [before, await measureOneThread(oneThread)] as const;
    const counts = { round, threads: PASSWORD_THREADS, cost: BCRYPT_COST };
    return { logins: [{ ...counts, oneThread: rates, logins }] };
  });
}

/** Keeps two logins a thread under way, so that no thread waits for work. Returns logins per second. */
async function measureLogins(environment: Environment, duration: number): Promise<number> {
  await makeLoginSet(environment);
  return withRealServer(environment, async (port) => {
    const load = { connections: 2 * PASSWORD_THREADS };
    const streams = [{ set: 'logins', order: 'random', load }] as const;
    const task = { port, leadIn: LOGINS_LEAD_IN, duration, streams };
    const [result] = await measureStreams(environment, 'logins alone', task);
    return (1000 * (result.measuredStatuses['200'] ?? 0)) / result.elapsed;
  });
}

export function listBesideLoginsTasks(environment: Environment) {
  const { plan } = environment;
  const duration = plan.quick ? 3_000 : 10_000;
  const seconds = (plan.warmUp + 2 * (BESIDE_LEAD_IN + duration) + CALIBRATION) / 1000 + 3;
  const task = { id: 'me-beside-logins', title: '/me beside logins', seconds };
  return listRounds(plan, task, async (round) => ({
    besideLogins: [await measureBesideLogins(environment, round, duration)],
  }));
}

async function measureBesideLogins(environment: Environment, round: number, duration: number) {
  await makeHotSets(environment);
  await makeLoginSet(environment);
  const offered = OFFERED * PASSWORD_THREADS * (await measureOneThread(CALIBRATION));
  return withRealServer(environment, async (port) => {
    const measure = (streams: readonly Stream[]) => {
      const task = { port, leadIn: BESIDE_LEAD_IN, duration, streams };
      return measureStreams(environment, '/me beside logins', task);
    };
    await keepBusy(environment, port, environment.plan.warmUp, 'hot');
    const [without] = await measure([ME]);
    const offer: Stream = { set: 'logins', order: 'random', load: { rate: offered } };
    const [beside, logins] = await measure([ME, offer]);
    if (logins === undefined) throw new Error('the generator measured no logins');
    return { round, offered, without, beside, logins };
  });
}

/** Makes logins of many users, since limits count by account. 503 is right when too many are offered. */
async function makeLoginSet({ generator }: Environment): Promise<void> {
  const requests = Array.from({ length: LOGIN_USERS }, (_, number) => ({
    line: 'POST /api/auth/login',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: userEmail(number), password: PASSWORD }),
    expected: [200, 503],
  }));
  await generator.makeSet({ set: 'logins', requests });
}
