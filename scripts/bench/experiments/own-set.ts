import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { type Connection, connect } from '../../../lib/store/mongo/database.ts';
import { MINUTE } from '../../../lib/time.ts';
import { replicaSetName } from '../../dev/mongod/replica-set.ts';
import { startMember, withDatabase } from '../../dev/mongod/start.ts';
import { ownFolder } from '../../dev/own-folder.ts';
import { waitFor } from '../../dev/wait-for.ts';
import type { Environment } from '../environment.ts';
import { fillDatabase } from '../fill-database.ts';

/** A replica set of an experiment's own, with the users of the bench and nothing else. */
export type OwnSet = Awaited<ReturnType<typeof startOwnSet>>;

/** The most milliseconds until a set has a primary, and all members have caught up. */
const READY_LIMIT = MINUTE;

/** Starts so many members on all processors. They end with the experiment. */
export async function startOwnSet(environment: Environment, nodes: number) {
  const { binary, client } = environment;
  await environment.unpin(); // members inherit the processors of the bench
  const members = await Promise.all(
    Array.from({ length: nodes }, async () =>
      startMember({ binary, dataFolder: await ownFolder('rescind-bench-') }),
    ),
  );
  const hosts = members.map(({ port }) => `127.0.0.1:${port}`);
  await initiate(hosts);
  const uri = withDatabase(`mongodb://${hosts.join()}/?replicaSet=${replicaSetName}`, 'bench');
  const connection = connect(uri, { deadline: MINUTE });
  await waitFor('A primary', () => isWritable(connection), { timeout: READY_LIMIT });
  await fillDatabase(connection.db, { entries: 0, revoked: [], client }, () => {});
  await waitFor('Members that have caught up', () => haveCaughtUp(connection), {
    timeout: READY_LIMIT,
  });
  await connection.close();

  async function stop(): Promise<void> {
    await Promise.all(members.map((member) => member.stop()));
  }
  return { uri, [Symbol.asyncDispose]: stop };
}

async function initiate(hosts: readonly string[]): Promise<void> {
  const client = new MongoClient(`mongodb://${hosts[0]}/`, { directConnection: true });
  const members = hosts.map((host, _id) => ({ _id, host }));
  await client.db('admin').command({ replSetInitiate: { _id: replicaSetName, members } });
  await client.close();
}

async function isWritable({ db }: Connection): Promise<boolean> {
  return (await db.admin().command({ hello: 1 }))['isWritablePrimary'];
}

/** Returns true when every member has written what the primary has. Waits a little between two questions. */
async function haveCaughtUp({ db }: Connection): Promise<boolean> {
  await sleep(200);
  const { members } = await db.admin().command({ replSetGetStatus: 1 });
  const times = (members as { optimeDate: Date }[]).map(({ optimeDate }) => optimeDate.getTime());
  return new Set(times).size === 1;
}
