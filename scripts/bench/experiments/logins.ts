/** Logins alone, and `/me` at a fixed rate without and with more logins than the server can do. */
import { createPasswords } from '../../../lib/passwords/passwords.ts';
import type { Environment } from '../environment.ts';
import type { Stream } from '../generator/loops.ts';
import { jsonRequest, randomly } from '../generator/requests.ts';
import { keepBusy, measureStream } from '../measurement.ts';
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
  await using server = await startRealServer(environment);
  const times = { port: server.port, leadIn: LOGINS_LEAD_IN, duration: environment.plan.loginTime };
  const stream = offerLogins({ connections: 2 * PASSWORD_THREADS });
  const result = await measureStream('logins alone', times, stream);
  return (1000 * (result.measuredStatuses['200'] ?? 0)) / result.elapsed;
}

/** Measures `/me` at a fixed rate, first alone, then beside the logins. */
export async function measureBesideLogins(environment: Environment, round: number) {
  const offered = OFFERED * PASSWORD_THREADS * (await measureOneThread(CALIBRATION));
  await using server = await startRealServer(environment);
  const times = { port: server.port, leadIn: BESIDE_LEAD_IN, duration: environment.plan.loginTime };
  const source = randomly(environment.requests.hot);
  const me = { source, load: { rate: 200 } };
  await keepBusy(server.port, source, environment.plan.warmUp);
  const without = await measureStream('/me', times, me);
  const [beside, logins] = await Promise.all([
    measureStream('/me beside logins', times, me),
    measureStream('logins beside /me', times, offerLogins({ rate: offered })),
  ]);
  return { besideLogins: [{ round, offered, without, beside, logins }] };
}

/** Offers logins of many users, since limits count by account. 503 is right when too many are offered. */
function offerLogins(load: Stream['load']): Stream {
  const requests = Array.from({ length: LOGIN_USERS }, (_, number) => {
    const body = { email: userEmail(number), password: PASSWORD };
    return jsonRequest('POST /api/auth/login', body, [200, 503]);
  });
  return { source: randomly(requests), load };
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
