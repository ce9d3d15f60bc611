import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, MongoClient, MongoServerError } from 'mongodb';

const pollEvery = 25;

/** The name every one-node replica set of this project has. */
export const replicaSetName = 'rs0';

/** Which mongod is meant, and for how long. */
export interface Meant {
  /** Another mongod may own the port, and is not to be touched. */
  pid: number;
  /** Aborted when waiting is over (a deadline, a mongod that ended). */
  signal: AbortSignal;
}

/**
 * Waits until the mongod that is meant answers on `port`.
 *
 * @throws Error when the signal is aborted first, with the last thing that went wrong as cause.
 */
export function isAnswering(port: number, meant: Meant): Promise<void> {
  return withAdmin(port, meant, async () => {});
}

/**
 * Makes a mongod that listens on `port` the writable primary of a replica set of one that names it
 * `host`: initiates the set, or tells a set that knows this node by another name the new one.
 *
 * @throws Error when the signal is aborted first, with the last thing that went wrong as cause.
 */
export function becomePrimary(port: number, meant: Meant & { host: string }): Promise<void> {
  const { host, signal } = meant;
  return withAdmin(port, meant, (admin) => poll(() => isPrimary(admin, host), signal));
}

async function withAdmin(
  port: number,
  { pid, signal }: Meant,
  use: (admin: Db) => Promise<void>,
): Promise<void> {
  await poll(() => accepts(port), signal);
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: 5000,
  });
  try {
    const admin = client.db('admin');
    await poll(async () => (await admin.command({ serverStatus: 1 }))['pid'] === pid, signal);
    await use(admin);
  } finally {
    await client.close();
  }
}

/** Asks until the answer is yes. A question that fails is asked again: a starting server is moody. */
async function poll(question: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  let cause: unknown;
  while (!signal.aborted) {
    try {
      if (await question()) return;
    } catch (error) {
      cause = error;
    }
    await sleep(pollEvery);
  }
  throw new Error('mongod did not become a writable primary', { cause });
}

/** Asked of the socket first, because the driver waits half a second between two attempts. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

async function isPrimary(admin: Db, host: string): Promise<boolean> {
  const { isWritablePrimary, me } = await admin.command({ hello: 1 });
  if (isWritablePrimary && me === host) return true;
  await configure(admin, host);
  return false;
}

async function configure(admin: Db, host: string): Promise<void> {
  const config = await storedConfig(admin);
  if (!config) {
    const members = [{ _id: 0, host }];
    await admin.command({ replSetInitiate: { _id: replicaSetName, members } });
  } else if (config.members[0]?.host !== host) {
    const members = [{ ...config.members[0], host }];
    const replSetReconfig = { ...config, version: config.version + 1, members };
    // By force, because a node that is not in its own set's configuration is no primary.
    await admin.command({ replSetReconfig, force: true });
  }
}

interface SetConfig {
  version: number;
  members: { host: string }[];
}

async function storedConfig(admin: Db): Promise<SetConfig | undefined> {
  try {
    return (await admin.command({ replSetGetConfig: 1 }))['config'];
  } catch (error) {
    if (error instanceof MongoServerError && error.codeName === 'NotYetInitialized') {
      return undefined;
    }
    throw error;
  }
}
