import { type Db, MongoClient, type MongoServerError } from 'mongodb';
import { waitFor } from '../wait-for.ts';

/** The name of every replica set of this project. */
export const replicaSetName = 'rs0';

/**
 * Makes the mongod on `port` the writable primary of a replica set with one member, whose address is
 * `host`. Initiates the set, or changes the address in the configuration of an existing set.
 *
 * @throws Error if the signal is aborted before the mongod is primary, with the last error as cause.
 */
export async function becomePrimary(
  port: number,
  host: string,
  signal: AbortSignal,
): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, { directConnection: true });
  try {
    const admin = client.db('admin');
    // `waitFor` retries failed commands, which are normal during an election.
    await waitFor('A writable primary', () => isPrimary(admin, host), { signal });
  } finally {
    await client.close();
  }
}

async function isPrimary(admin: Db, host: string): Promise<boolean> {
  const { isWritablePrimary, me } = await admin.command({ hello: 1 });
  if (isWritablePrimary && me === host) return true;
  const members = [{ _id: 0, host }];
  await admin
    .command({ replSetInitiate: { _id: replicaSetName, members } })
    .catch((error: unknown) => {
      if ((error as MongoServerError).codeName !== 'AlreadyInitialized') throw error;
      return rename(admin, host);
    });
  return false;
}

/** Changes the address of the only member of the set. */
async function rename(admin: Db, host: string): Promise<void> {
  const { config } = await admin.command({ replSetGetConfig: 1 });
  const [member] = config.members;
  if (member.host === host) return;
  const replSetReconfig = {
    ...config,
    version: config.version + 1,
    members: [{ ...member, host }],
  };
  // Uses force, because only a primary accepts an unforced change, and under its old address the mongod is no primary.
  await admin.command({ replSetReconfig, force: true });
}
