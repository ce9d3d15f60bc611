import { setTimeout as delay } from 'node:timers/promises';
import { max, sum } from 'simple-statistics';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { run } from '../../../scripts/dev/processes.ts';
import { migrateNow, openDatabase } from '../../helpers/database.ts';
import { ownMongod } from '../../helpers/mongod.ts';
import { startServerProcess } from '../../helpers/processes.ts';
import type { Scope } from '../../helpers/scope.ts';
import { openSession, type Tokens } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';

/** A server in a process of its own on a MongoDB of its own, with users who have logged in. */
export type FloodedServer = Awaited<ReturnType<typeof startFloodedServer>>;

const USERS = 20;
const { dailyCounts, schema, ...COUNTED } = NAMES;
const LOOK_EVERY = 250;

export async function startFloodedServer(scope: Scope, deadline: number) {
  const { uri } = await ownMongod(scope);
  const { db, collections } = openDatabase(scope, uri);
  await migrateNow(db);
  const { url, pid } = await startServerProcess(scope, {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: generateSecret(),
    BCRYPT_THREADS: '1',
    TRUST_PROXY: '1', // logins come from any address
    REQUEST_DEADLINE: `${deadline}ms`,
  });
  const emails: string[] = [];
  const sessions: Tokens[] = [];
  for (let n = 0; n < USERS; n++) {
    const { email } = await addUser(collections);
    emails.push(email);
    sessions.push(await openSession(url, email));
  }

  return {
    url,
    emails,
    sessions,
    /** Counts the commands at its collections so far, without its own counters and the schema version. */
    async countCommands(): Promise<number> {
      const { totals } = await db.admin().command({ top: 1 });
      return sum(Object.values(COUNTED).map((name) => totals[`rescind.${name}`]?.total.count ?? 0));
    },
    /** Looks after the process again and again until the work is done. */
    async watch<T>(work: Promise<T>) {
      const [memory, stalls]: [number[], number[]] = [[], []];
      const done = Promise.allSettled([work]);
      do {
        const started = performance.now();
        const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
        stalls.push(performance.now() - started);
        memory.push(Number(stdout) / 1024);
      } while (!(await Promise.race([done, delay(LOOK_EVERY)])));
      return {
        result: await work,
        /** The most memory of the process, in MiB. */
        memory: max(memory),
        /** The longest time for one measurement: more than some 50 ms if the machine is busy. */
        stall: max(stalls),
      };
    },
  };
}
