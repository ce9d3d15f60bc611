import { setTimeout as sleep } from 'node:timers/promises';
import { type Collection, MongoClient } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import type { Scope } from '../helpers/scope.ts';

/** Leaves the processor to the mongods. */
const PAUSE = 5;

interface Entry {
  _id: number;
}

export interface OwnWriter {
  readonly entries: Collection<Entry>;
  /** How many writes have failed so far. */
  failures(): number;
  /** How many have been acknowledged so far. */
  acknowledged(): number;
  /** Stops, and counts those that were acknowledged and are not there. */
  lost(): Promise<number>;
}

/** Writes one document after another by a majority, whatever happens, and remembers which were acknowledged. */
export async function ownWriter(owner: Scope, uri: string): Promise<OwnWriter> {
  const short = { serverSelectionTimeoutMS: 500, connectTimeoutMS: 1_000, socketTimeoutMS: 1_000 };
  const client = new MongoClient(uri, { ...short, retryWrites: false });
  owner.teardown(() => client.close());
  // A client whose first connection fails never makes another by itself.
  await waitFor('A first connection', () => client.connect());
  const entries = client.db().collection<Entry>('entries');
  const acknowledged = new Set<number>();
  let [failures, isStopping] = [0, false];

  async function writeOn(): Promise<void> {
    for (let _id = 1; !isStopping; _id += 1) {
      try {
        await entries.insertOne({ _id }, { writeConcern: { w: 'majority', j: true } });
        acknowledged.add(_id);
      } catch {
        failures += 1;
      }
      await sleep(PAUSE);
    }
  }

  const writing = writeOn();
  const stop = () => {
    isStopping = true;
    return writing;
  };
  owner.teardown(stop);
  return {
    entries,
    failures: () => failures,
    acknowledged: () => acknowledged.size,
    async lost() {
      await stop();
      const found = new Set((await entries.find().toArray()).map(({ _id }) => _id));
      return [...acknowledged].filter((_id) => !found.has(_id)).length;
    },
  };
}
