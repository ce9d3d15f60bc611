import type { Db } from 'mongodb';
import { openCollections } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { type ProvenReads, strictLevel } from './primary-proof.ts';
import { SENTINEL } from './revocation-keys.ts';
import { inspectTopology, type Topology } from './topology.ts';

/** Reads strictly, without a proof of the primary: for commands, which come too rarely to keep one. */
export function createStrictReads(db: Db): ProvenReads {
  let asked: Promise<Topology> | undefined;

  return {
    async read(find) {
      asked ??= inspectTopology(db);
      return find(strictLevel(await asked));
    },
  };
}

/**
 * Confirms that a majority has all that was read on this connection so far: a linearizable read waits for it.
 * StoreUnavailable where that is not certain.
 */
export async function confirmReads(db: Db): Promise<void> {
  const { kind } = await inspectTopology(db);
  const level = kind === 'standalone' ? 'local' : 'linearizable';
  const options = { readConcern: { level }, maxTimeMS: MAX_TIME } as const;
  await orUnavailable(openCollections(db).revokedTokens.findOne({ _id: SENTINEL }, options));
}
