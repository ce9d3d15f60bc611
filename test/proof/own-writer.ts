import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import type { Scope } from '../helpers/scope.ts';

export type OwnWriter = Awaited<ReturnType<typeof ownWriter>>;

/** Writes one document after another by a majority, whatever happens, and remembers which were acknowledged. */
export async function ownWriter(scope: Scope, uri: string) {
  const timeouts = { serverSelectionTimeoutMS: 500, connectTimeoutMS: 1_000 };
  const options = { ...timeouts, socketTimeoutMS: 1_000, retryWrites: false };
  const client = new MongoClient(uri, options);
  scope.teardown(() => client.close());
  // A client whose first connection fails never makes another by itself.
  await waitFor('A first connection', () => client.connect());
  const entries = client.db().collection<{ _id: number }>('entries');
  const acknowledged = new Set<number>();
  let [failures, isStopping] = [0, false];

  async function write(): Promise<void> {
    for (let _id = 1; !isStopping; _id += 1) {
      try {
        await entries.insertOne({ _id }, { writeConcern: { w: 'majority', j: true } });
        acknowledged.add(_id);
      } catch {
        failures += 1;
      }
      await pause(5); // leaves the processor to the mongods
    }
  }

  const writing = write();
  const stop = () => {
    isStopping = true;
    return writing;
  };
  scope.teardown(stop);
  return {
    countFailures: () => failures,
    /** Waits until so many more writes have been acknowledged. */
    async untilWritten(what: string, more = 1): Promise<void> {
      const enough = acknowledged.size + more;
      await waitFor(what, async () => acknowledged.size >= enough);
    },
    /** Stops, and counts the acknowledged writes that are missing. */
    async countLost(): Promise<number> {
      await stop();
      const found = new Set((await entries.find().toArray()).map(({ _id }) => _id));
      return [...acknowledged].filter((_id) => !found.has(_id)).length;
    },
  };
}
