/** The processor time of a mongod whose followers have nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Db } from '../../../lib/store/mongo/database.ts';
import { SECOND } from '../../../lib/time.ts';
import type { Environment } from '../environment.ts';
import { openFollower } from './own-follower.ts';
import { type OwnSet, startOwnSet } from './own-set.ts';

const FOLLOWERS = 10;
const DEADLINE = 5 * SECOND;
/** The default lease at this deadline. */
const LEASE = 2 * SECOND;
/** Until a mongod has done what follows from a start, or from registrations. */
const PAUSE = 5 * SECOND;
const [SECONDS, QUICK_SECONDS] = [30, 8];

export async function measureAtRest(environment: Environment) {
  const seconds = environment.plan.quick ? QUICK_SECONDS : SECONDS;
  await using set = await startOwnSet(environment, 1);
  const connection = connect(set.uri, { deadline: DEADLINE });
  const without = await measureShare(connection.db, seconds);
  await using _followers = await openFollowers(environment, set);
  const following = await measureShare(connection.db, seconds);
  await connection.close();
  return { atRest: [{ followers: FOLLOWERS, lease: LEASE, seconds, without, following }] };
}

/** Opens followers with a client each, as they are in processes of their own. */
async function openFollowers(environment: Environment, set: OwnSet) {
  const open = () => openFollower(environment, set);
  const opened = await Promise.all(Array.from({ length: FOLLOWERS }, open));

  async function close(): Promise<void> {
    for (const follower of opened) await follower[Symbol.asyncDispose]();
  }
  return { [Symbol.asyncDispose]: close };
}

/** Measures the share of one processor that mongod uses. */
async function measureShare(db: Db, seconds: number): Promise<number> {
  await sleep(PAUSE);
  const [before, started] = [await readProcessorTime(db), performance.now()];
  await sleep(seconds * SECOND);
  const used = (await readProcessorTime(db)) - before;
  return used / (1000 * (performance.now() - started));
}

/** Returns the microseconds of processor time that mongod has used. Throws if it does not say, as outside of Linux. */
async function readProcessorTime(db: Db): Promise<number> {
  const { extra_info: extra } = await db.admin().command({ serverStatus: 1 });
  const used = Number(extra.user_time_us) + Number(extra.system_time_us);
  if (Number.isNaN(used)) throw new Error('mongod tells no processor time; run this on Linux');
  return used;
}
