import type { Db } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import { SECOND, withTimeout } from '../../time.ts';
import { openCollections, SENTINEL } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { type Deployment, inspectDeployment } from './deployment.ts';
import { watchPrimary } from './watched-primary.ts';

/** The read concern of a read on which a decision rests. */
export type ReadLevel = 'local' | 'linearizable';

export interface StrictReads {
  /**
   * Returns the result of `find`, which has to read at the level that it receives. The read sees every write that was
   * acknowledged before it began. May call `find` several times. Throws StoreUnavailable if the primary changes during
   * each of them.
   */
  read<Found>(find: (level: ReadLevel) => Promise<Found>): Promise<Found>;
  /** Returns the deployment. Inspects it again after an election, a restart or a reconfiguration. */
  deployment(): Promise<Deployment>;
  /** Stops watching the primary. */
  stop(): void;
}

/** The part of `StrictReads` that reads. */
export type StrictReader = Pick<StrictReads, 'read'>;

/** Reads locally whatever the deployment is, for tests on a single node. */
export const localReads: StrictReader = { read: (find) => find('local') };

interface StrictReadsOptions {
  /** Receives the deployment after each inspection. */
  readonly onDeployment?: (deployment: Deployment) => void;
}

/**
 * The most tries of a local read. The driver reports two changes of the primary in a failover, and one for a new
 * client.
 */
const MOST_TRIES = 4;

/**
 * Creates the reads that see every acknowledged write. Where several members vote, another primary may be elected while
 * the old one still serves plain reads, and a majority read may go back over an election. So each read there is
 * linearizable: the primary answers only after its majority has confirmed it. The only voter of a set, like a
 * standalone server, is never replaced, so a local read is enough. A majority read would not be: after a restart its
 * snapshot may lag behind what was acknowledged.
 */
export function createStrictReads(
  db: Db,
  { onDeployment = () => {} }: StrictReadsOptions = {},
): StrictReads {
  const primary = watchPrimary(db.client);
  const inspect = createInspect(db, primary, onDeployment);

  return {
    async read(find) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { changes } = primary;
        const { hasSeveralVoters } = await inspect();
        const level = hasSeveralVoters ? 'linearizable' : 'local';
        const found = await find(level);
        if (level === 'linearizable' || primary.changes === changes) return found;
      }
      throw new StoreUnavailable('The primary changed during each try of a read');
    },
    deployment: inspect,
    stop: primary.stop,
  };
}

/** Milliseconds after which an inspection fails, so that later reads do not wait for it. */
const INSPECTION_TIMEOUT = 5 * SECOND;

/** Creates the inspection, of which there is one for each primary. Callers share it; a failed one is made again. */
function createInspect(
  db: Db,
  primary: { readonly changes: number },
  onDeployment: (deployment: Deployment) => void,
): () => Promise<Deployment> {
  let last: { readonly changes: number; readonly deployment: Promise<Deployment> } | undefined;

  async function inspectOnce(): Promise<Deployment> {
    const deployment = await withTimeout(INSPECTION_TIMEOUT, inspectDeployment(db), timedOut);
    onDeployment(deployment);
    return deployment;
  }

  return function inspect() {
    const { changes } = primary;
    if (last?.changes === changes) return last.deployment;
    const deployment = inspectOnce();
    const inspection = { changes, deployment };
    last = inspection;
    deployment.catch(() => {
      if (last === inspection) last = undefined;
    });
    return deployment;
  };
}

function timedOut(): StoreUnavailable {
  return new StoreUnavailable('The deployment could not be inspected in time');
}

/**
 * Confirms that a majority has everything that was read so far. Makes a linearizable read, which waits for the
 * majority, even on a single node. Throws StoreUnavailable if this read fails.
 */
export async function confirmReads(db: Db): Promise<void> {
  const { kind } = await inspectDeployment(db);
  const level = kind === 'standalone' ? 'local' : 'linearizable';
  const options = { readConcern: { level }, maxTimeMS: MAX_TIME } as const;
  await orUnavailable(openCollections(db).revokedTokens.findOne({ _id: SENTINEL }, options));
}
