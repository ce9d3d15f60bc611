import type { Db } from 'mongodb';
import { assertInteger, integerFault } from '../../assert.ts';
import { DEFAULTS } from '../../defaults.ts';
import { StoreUnavailable } from '../../errors.ts';
import { MINUTE } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import type { Deployment } from './deployment.ts';
import {
  createProver,
  PrimaryChanged,
  type Proof,
  type ProofAttempt,
  type Prover,
} from './prover.ts';

export interface PrimaryProofOptions {
  readonly maxStaleness?: number | undefined;
  readonly proofInterval?: number | undefined;
  readonly onPrimaryProof?: ((attempt: ProofAttempt) => void) | undefined;
  /** Receives the deployment after each inspection. */
  readonly onDeployment?: ((deployment: Deployment) => void) | undefined;
}

/** The read concern of a read on which a decision rests. */
export type ReadLevel = 'local' | 'majority' | 'linearizable';

export type ProvenReads = Pick<PrimaryProof, 'read'>;

export type PrimaryProof = ReturnType<typeof createPrimaryProof>;

/** Reads without a proof of the primary, for tests. Such a read may miss writes if the primary was cut off. */
export const unproven: ProvenReads = { read: (find) => find('local') };

/**
 * The most tries of a read. A try fails if the primary changes during the read. The driver reports two changes in a
 * failover, and one change for a new client.
 */
const MOST_TRIES = 4;

/**
 * Proves that the primary has its majority. Without its majority, a primary still serves plain reads until it steps
 * down, but linearizable reads fail. So one linearizable read is made every `proofInterval` as a proof. A plain read is
 * accepted if a proof of the same primary was complete before the read began, and if the proof began less than
 * `maxStaleness` before the read returned. Such a read misses only writes that were acknowledged after the proof began.
 */
export function createPrimaryProof(
  db: Db,
  collections: Pick<Collections, 'revokedTokens'>,
  options: PrimaryProofOptions = {},
) {
  const { maxStaleness, proofInterval, onPrimaryProof } = checkProofOptions(options);
  const prover = createProver(db, collections, { ...options, maxStaleness, onPrimaryProof });
  const held = createHeldProof(prover, maxStaleness);
  const timer = setInterval(held.renewInBackground, proofInterval).unref();

  function chooseLevel(deployment: Deployment, rule?: 'strict'): ReadLevel {
    if (maxStaleness === 0 && deployment.kind !== 'standalone') return 'linearizable';
    const strict = strictLevel(deployment);
    return rule === 'strict' || strict === 'majority' ? strict : 'local';
  }

  return {
    maxStaleness,
    /**
     * Returns the age of the last proof in milliseconds, even if the proof has expired. Returns undefined if there is
     * no proof, or if reads need none.
     */
    age: held.age,

    /**
     * Returns the result of `find` on a proven primary. Repeats `find` if the primary changes meanwhile. Throws
     * StoreUnavailable if the read may have missed a write older than `maxStaleness`. With the rule `strict`, the read
     * sees every acknowledged write, and only writes that a majority has.
     */
    read: <Found>(find: (level: ReadLevel) => Promise<Found>, rule?: 'strict'): Promise<Found> =>
      untilUnchanged(async () => {
        const proof = await held.take();
        const found = await find(chooseLevel(proof.deployment, rule));
        held.assertHolds(proof);
        return found;
      }),

    /** Returns the deployment as the valid proof found it. Makes a proof if there is none, or throws StoreUnavailable. */
    deployment: async (): Promise<Deployment> => (await untilUnchanged(held.take)).deployment,

    stop(): void {
      clearInterval(timer);
      prover.stop();
    },
  };
}

/**
 * Returns the level at which a read sees every acknowledged write, and only writes that a majority has. A single node
 * is its own majority, so `majority` is enough there, and saves the write that a linearizable read makes.
 */
export function strictLevel({ kind, hasSeveralVoters }: Deployment): ReadLevel {
  if (kind === 'standalone') return 'local';
  return kind === 'replica set' && !hasSeveralVoters ? 'majority' : 'linearizable';
}

/** Keeps the last proof, and checks whether it is still valid. */
function createHeldProof({ prove, primary }: Prover, maxStaleness: number) {
  let last: Proof | undefined;
  const isCurrent = (proof: Proof) => proof.primary === primary.changes;
  const measureAge = ({ began }: Proof) => performance.now() - began;
  const isTimed = ({ deployment }: Proof) => deployment.hasSeveralVoters && maxStaleness > 0;
  const isYoung = (proof: Proof) => !isTimed(proof) || measureAge(proof) < maxStaleness;

  async function renew(): Promise<Proof> {
    last = await prove();
    return last;
  }

  return {
    age: () => (last === undefined || !isTimed(last) ? undefined : measureAge(last)),

    /** Returns a valid proof for a read that begins now. */
    async take(): Promise<Proof> {
      return last !== undefined && isCurrent(last) && isYoung(last) ? last : renew();
    },

    renewInBackground(): void {
      if (last !== undefined && isCurrent(last) && !isTimed(last)) return;
      renew().catch(() => undefined); // not reported, because a read that needs the proof fails
    },

    assertHolds(proof: Proof): void {
      if (!isCurrent(proof)) throw new PrimaryChanged();
      if (!isYoung(proof)) throw new ProofExpired(measureAge(proof), maxStaleness);
    },
  };
}

/** The error of a read whose proof expired before the read returned. */
class ProofExpired extends StoreUnavailable {
  override readonly name = 'ProofExpired';

  constructor(age: number, maxStaleness: number) {
    super(`The proof of the primary is ${Math.round(age)} ms old, more than ${maxStaleness} ms`);
  }
}

async function untilUnchanged<T>(attempt: () => Promise<T>): Promise<T> {
  for (let triesLeft = MOST_TRIES - 1; ; triesLeft--) {
    try {
      return await attempt();
    } catch (error) {
      const isTransient = error instanceof PrimaryChanged || error instanceof ProofExpired;
      if (!isTransient || triesLeft === 0) throw error;
    }
  }
}

/** Returns the options with their defaults. Throws TypeError if a time is out of range. */
export function checkProofOptions(options: PrimaryProofOptions) {
  const { maxStaleness = DEFAULTS.maxStaleness, onPrimaryProof = () => {} } = options;
  const { proofInterval = DEFAULTS.proofInterval } = options;
  assertInteger('proofInterval', proofInterval, 10, MINUTE);
  if (maxStaleness !== 0 && integerFault(maxStaleness, proofInterval + 1, MINUTE) !== undefined) {
    throw new TypeError(
      '"maxStaleness" must be 0, or a whole number of milliseconds that is greater than "proofInterval" and at most 60000',
    );
  }
  return { maxStaleness, proofInterval, onPrimaryProof };
}
