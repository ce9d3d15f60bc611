import { setTimeout as delay } from 'node:timers/promises';
import { max, sum } from 'simple-statistics';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { run } from '../../../scripts/dev/processes.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { addClient, introspect } from '../../helpers/clients.ts';
import { migrateNow, openDatabase } from '../../helpers/database.ts';
import { ownMongod } from '../../helpers/mongod.ts';
import { startServerProcess } from '../../helpers/processes.ts';
import type { Scope } from '../../helpers/scope.ts';
import { openSession, type Tokens } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import { FOLLOWING, leased } from '../deployment.ts';

/** A server in a process of its own on a MongoDB of its own, with users who have logged in. */
export type FloodedServer = Awaited<ReturnType<typeof startFloodedServer>>;

const USERS = 20;
const { dailyCounts, schema, followers, ...COUNTED } = NAMES;
/** Collections that the check of a token or of a client reads. */
const CHECKED = [NAMES.revokedTokens, NAMES.users, NAMES.clients];
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
    ...FOLLOWING,
  });
  const emails: string[] = [];
  const sessions: Tokens[] = [];
  for (let n = 0; n < USERS; n++) {
    const { email } = await addUser(collections);
    emails.push(email);
    sessions.push(await openSession(url, email));
  }

  const client = await addClient(collections);
  await leased([{ url }]);

  async function count(names: readonly string[]): Promise<number> {
    const { totals } = await db.admin().command({ top: 1 });
    return sum(names.map((name) => totals[`rescind.${name}`]?.total.count ?? 0));
  }

  /** Checks the token of each session, and returns how many of them are valid. */
  async function countValid(): Promise<number> {
    const ask = ({ access }: Tokens) => introspect(url, client, access);
    const answers = await Promise.all(sessions.map(ask));
    return answers.filter(({ body }) => body.active === true).length;
  }

  return {
    url,
    emails,
    sessions,
    /**
     * Counts the commands at its collections so far, without its own counters, the schema version, and `followers`: a
     * follower writes its document whether or not there are requests, and requests read it only after a write elsewhere.
     */
    countCommands: () => count(Object.values(COUNTED)),
    /** Lets the server know the token of each session, and write that they were used. */
    async makeKnown(): Promise<void> {
      const before = await count([NAMES.sessions]);
      await countValid();
      await waitFor('The last use', async () => (await count([NAMES.sessions])) > before);
    },
    /** Counts the tokens of sessions that are not valid, and the reads that these checks cause. */
    async checkKnown() {
      const before = await count(CHECKED);
      const refused = sessions.length - (await countValid());
      return { refused, reads: (await count(CHECKED)) - before };
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
