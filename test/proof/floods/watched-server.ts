import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { type Collections, openCollections } from '../../../lib/store/collections.ts';
import { connect } from '../../../lib/store/database.ts';
import { generateSecret } from '../../../lib/tokens/secret-rules.ts';
import { migrateNow } from '../../helpers/database.ts';
import { ownMongod } from '../../helpers/mongod.ts';
import { run, startServerProcess } from '../../helpers/processes.ts';
import type { Scope } from '../../helpers/scope.ts';
import { openSession, type Tokens } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';

/** A server in a process of its own on a MongoDB of its own, with users who have logged in. */
export interface WatchedServer {
  readonly url: string;
  readonly emails: readonly string[];
  readonly sessions: readonly Tokens[];
  /** How often its collections have been asked or written so far, but for what servers count of their own. */
  countCommands(): Promise<number>;
  /** Does the work, and answers the most memory that the process had meanwhile, in MiB. */
  watchMemory<T>(work: Promise<T>): Promise<{ readonly result: T; readonly memory: number }>;
}

const USERS = 20;
const COUNTED = ['revoked_tokens', 'users', 'sessions', 'clients', 'login_limits', 'audit_events'];

export async function watchedServer(owner: Scope): Promise<WatchedServer> {
  const mongod = await ownMongod(owner);
  const { db, close } = connect(mongod.uri, { deadline: 60_000 });
  owner.teardown(close);
  await migrateNow(db);
  const server = await startServerProcess(owner, {
    MONGODB_URI: mongod.uri,
    JWT_SECRET_KEY: generateSecret(),
    TRUST_PROXY: '1', // so that logins can come from everywhere
  });
  const emails = await addUsers(openCollections(db));
  const sessions: Tokens[] = [];
  for (const email of emails) sessions.push(await openSession(server.url, email));
  const operator = new MongoClient(mongod.uri);
  owner.teardown(() => operator.close());
  return {
    url: server.url,
    emails,
    sessions,
    countCommands: () => countCommands(operator),
    watchMemory: (work) => watchMemory(owner, server.pid, work),
  };
}

function addUsers(collections: Collections): Promise<string[]> {
  const adding = Array.from({ length: USERS }, async () => (await addUser(collections)).email);
  return Promise.all(adding);
}

/** By `top`, which counts what each collection was asked. */
async function countCommands(operator: MongoClient): Promise<number> {
  const { totals } = await operator.db('admin').command({ top: 1 });
  const counts = COUNTED.map((name) => totals[`rescind.${name}`]?.total.count ?? 0);
  return counts.reduce((sum, count) => sum + count, 0);
}

const LOOK_EVERY = 250;

async function watchMemory<T>(owner: Scope, pid: number, work: Promise<T>) {
  let memory = 0;
  const isDone = work.then(
    () => true,
    () => true,
  );
  do {
    const { stdout } = await run(owner, 'ps', ['-o', 'rss=', '-p', String(pid)], {
      env: process.env as Record<string, string>,
    });
    memory = Math.max(memory, Number(stdout) / 1024);
  } while (!(await Promise.race([isDone, delay(LOOK_EVERY, false)])));
  return { result: await work, memory };
}
