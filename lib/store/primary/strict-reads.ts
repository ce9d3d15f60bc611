import type { Db } from 'mongodb';
import { openCollections, SENTINEL } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { type Deployment, inspectDeployment } from './deployment.ts';
import { type ProvenReads, strictLevel } from './primary-proof.ts';

/** Reads strictly, without a proof of the primary. Used by the CLI, which reads too rarely to keep a proof. */
export function createStrictReads(db: Db): ProvenReads {
  let deployment: Promise<Deployment> | undefined;

  return {
    async read(find) {
      deployment ??= inspectDeployment(db);
      return find(strictLevel(await deployment));
    },
  };
}

/**
 * Confirms that a majority has everything that was read so far. Makes a linearizable read, which waits for the
 * majority. Throws StoreUnavailable if this read fails.
 */
export async function confirmReads(db: Db): Promise<void> {
  const { kind } = await inspectDeployment(db);
  const level = kind === 'standalone' ? 'local' : 'linearizable';
  const options = { readConcern: { level }, maxTimeMS: MAX_TIME } as const;
  await orUnavailable(openCollections(db).revokedTokens.findOne({ _id: SENTINEL }, options));
}
