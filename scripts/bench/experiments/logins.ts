/** Logins alone, and `/me` at a fixed rate without and with more logins than the server can do. */
import { createPasswords } from '../../../lib/passwords/passwords.ts';
import type { Environment } from '../environment.ts';
import type { Load, Stream } from '../generator/protocol.ts';
import { keepBusy, measureStreams } from '../measurement.ts';
import { PASSWORD_THREADS, startRealServer } from '../servers.ts';
import { BCRYPT_COST, PASSWORD, userEmail } from '../tokens.ts';

/** Fewer than there are users, and many more than log in during a measurement. */
const LOGIN_USERS = 5_000;

const LOGINS_LEAD_IN = 2_000;
/** Fills the queue of passwords, which is as long as the threads work off in some 2.5 s. */
const BESIDE_LEAD_IN = 3_500;
const CALIBRATION = 1_500;
/** Offered logins in multiples of what the password threads can do. */
const OFFERED = 2;

const ME: Stream = { set: 'hot', order: 'random', load: { rate: 200 } };

/** Measures the logins of a server, and before and after it what one thread does alone. */
export async function measureLogins(environment: Environment, round: number) {
  const oneThread = environment.plan.quick ? 1_000 : 3_000;
  const before = await measureOneThread(oneThread);
  const logins = await measureLoginRate(environment);
  const rates = [before, await measureOneThread(oneThread)] as const;
  const counts = { round, threads: PASSWORD_THREADS, cost: BCRYPT_COST };
  return { logins: [{ ...counts, oneThread: rates, logins }] };
}

/** Keeps two logins a thread under way, so that no thread waits for work. Returns logins per second. */
async function measureLoginRate(environment: Environment): Promise<number> {
  await makeLoginSet(environment);
  await using server = await startRealServer(environment);
  const streams = [offerLogins({ connections: 2 * PASSWORD_THREADS })];
  const times = { leadIn: LOGINS_LEAD_IN, duration: findDuration(environment) };
  const task = { port: server.port, ...times, streams };
  const [result] = await measureStreams(environment, 'logins alone', task);
  return (1000 * (result.measuredStatuses['200'] ?? 0)) / result.elapsed;
}

/** Measures `/me` at a fixed rate, first alone, then beside the logins. */
export async function measureBesideLogins(environment: Environment, round: number) {
  await makeLoginSet(environment);
  const offered = OFFERED * PASSWORD_THREADS * (await measureOneThread(CALIBRATION));
  await using server = await startRealServer(environment);
  const times = { leadIn: BESIDE_LEAD_IN, duration: findDuration(environment) };
  const measure = (streams: readonly Stream[]) =>
    measureStreams(environment, '/me beside logins', { port: server.port, ...times, streams });
  await keepBusy(environment, server.port, environment.plan.warmUp, 'hot');
  const [without] = await measure([ME]);
  const [beside, logins] = await measure([ME, offerLogins({ rate: offered })]);
  if (logins === undefined) throw new Error('the generator measured no logins');
  return { besideLogins: [{ round, offered, without, beside, logins }] };
}

function findDuration({ plan }: Environment): number {
  return plan.quick ? 3_000 : 10_000;
}

function offerLogins(load: Load): Stream {
  return { set: 'logins', order: 'random', load };
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

/** Measures the checks per second of one password thread that has nothing else to do. */
async function measureOneThread(duration: number): Promise<number> {
  const passwords = createPasswords({ bcryptCost: BCRYPT_COST, bcryptThreads: 1 });
  const hash = await passwords.hash(PASSWORD); // starts the thread, and compiles
  const started = performance.now();
  let checks = 0;
  for (; performance.now() - started < duration; checks++) {
    if (!(await passwords.check(PASSWORD, hash))) throw new Error('the password does not fit');
  }
  const rate = (1000 * checks) / (performance.now() - started);
  await passwords.close();
  return rate;
}
