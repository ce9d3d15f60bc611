import type { Db } from 'mongodb';
import { StoreUnavailable } from '../errors.ts';
import { MINUTE, SECOND } from '../time.ts';
import type { Collections } from './collections.ts';
import {
  createProver,
  PrimaryChanged,
  type Proof,
  type ProofAttempt,
  type Prover,
} from './prover.ts';
import type { Topology } from './topology.ts';

export interface PrimaryProofOptions {
  readonly maxStaleness?: number | undefined;
  readonly proofInterval?: number | undefined;
  readonly onPrimaryProof?: ((attempt: ProofAttempt) => void) | undefined;
  /** Told what the deployment is, each time that it was asked. */
  readonly onTopology?: ((topology: Topology) => void) | undefined;
}

/** The read concern of a read on which a decision rests. */
export type ReadLevel = 'local' | 'majority' | 'linearizable';

export interface ProvenReads {
  /**
   * What `find` finds on a primary that is proven. Finds again where the primary changes meanwhile.
   * StoreUnavailable where it cannot be shown that nothing older than `maxStaleness` was missed; with the
   * rule `strict`, where anything at all was missed, or seen that a majority does not have.
   */
  read<Found>(find: (level: ReadLevel) => Promise<Found>, rule?: 'strict'): Promise<Found>;
}

export interface PrimaryProof extends ProvenReads {
  readonly maxStaleness: number;
  /** Of the deployment that a proof which holds is about, after an attempt where none does. StoreUnavailable where that fails. */
  topology(): Promise<Topology>;
  /** Milliseconds since the last good proof began, whether or not it still holds; undefined where there is nothing to prove, or each read proves. */
  age(): number | undefined;
  stop(): void;
}

/** Reads of whomever the driver takes for the primary: for commands, whose writes need a majority anyway. */
export const unproven: ProvenReads = { read: (find) => find('local') };

/** A failover is two changes, the start of a client is one. */
const MOST_TRIES = 4;

/**
 * Proves that the primary is one. A primary that was cut off from its majority goes on answering plain reads
 * until it notices; a linearizable read it cannot answer. So one is made every `proofInterval`, and a plain
 * read counts where a proof about the same primary was complete before the read began, and had itself begun
 * less than `maxStaleness` before the read returned: all that such a read can miss was acknowledged after that.
 */
export function createPrimaryProof(
  db: Db,
  collections: Pick<Collections, 'revokedTokens'>,
  options: PrimaryProofOptions = {},
): PrimaryProof {
  const { maxStaleness, proofInterval, onPrimaryProof } = checkProofOptions(options);
  const prover = createProver(db, collections, { ...options, maxStaleness, onPrimaryProof });
  const held = createHeldProof(prover, maxStaleness);
  const timer = setInterval(held.renew, proofInterval).unref();

  function levelOf(topology: Topology, rule?: 'strict'): ReadLevel {
    if (maxStaleness === 0 && topology.kind !== 'standalone') return 'linearizable';
    const strict = strictLevel(topology);
    return rule === 'strict' || strict === 'majority' ? strict : 'local';
  }

  return {
    maxStaleness,
    age: held.age,

    read: (find, rule) =>
      untilUnchanged(async () => {
        const proof = await held.take();
        const found = await find(levelOf(proof.topology, rule));
        held.assertHolds(proof);
        return found;
      }),

    topology: async () => (await untilUnchanged(held.take)).topology,

    stop() {
      clearInterval(timer);
      prover.stop();
    },
  };
}

/**
 * Returns the level at which a read misses nothing that was acknowledged, and sees nothing that may be lost. A node
 * that is its whole set knows what its journal has, which takes no write.
 */
export function strictLevel({ kind, hasMajority }: Topology): ReadLevel {
  if (kind === 'standalone') return 'local';
  return kind === 'replica set' && !hasMajority ? 'majority' : 'linearizable';
}

/** Keeps the last good proof, and says whether it still holds. */
function createHeldProof({ prove, isOfPrimary }: Prover, maxStaleness: number) {
  let last: Proof | undefined;
  const ageOf = ({ began }: Proof) => performance.now() - began;
  const isTimed = ({ topology }: Proof) => topology.hasMajority && maxStaleness > 0;
  const isYoung = (proof: Proof) => !isTimed(proof) || ageOf(proof) < maxStaleness;

  async function renewed(): Promise<Proof> {
    last = await prove();
    return last;
  }

  return {
    age: () => (last === undefined || !isTimed(last) ? undefined : ageOf(last)),

    /** One that holds, for a read that begins now. */
    async take(): Promise<Proof> {
      return last !== undefined && isOfPrimary(last) && isYoung(last) ? last : renewed();
    },

    renew(): void {
      if (last !== undefined && isOfPrimary(last) && !isTimed(last)) return;
      renewed().catch(() => undefined); // The next read meets the same fault, and reports it.
    },

    assertHolds(proof: Proof): void {
      if (!isOfPrimary(proof)) throw new PrimaryChanged();
      if (!isYoung(proof)) throw new ProofExpired(ageOf(proof), maxStaleness);
    },
  };
}

/** The read took longer than a proof holds. */
class ProofExpired extends StoreUnavailable {
  override readonly name = 'ProofExpired';

  constructor(age: number, maxStaleness: number) {
    super(`The primary was last proven ${Math.round(age)} ms ago, more than ${maxStaleness}`);
  }
}

async function untilUnchanged<T>(ask: () => Promise<T>): Promise<T> {
  for (let triesLeft = MOST_TRIES - 1; ; triesLeft--) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = error instanceof PrimaryChanged || error instanceof ProofExpired;
      if (!isPassing || triesLeft === 0) throw error;
    }
  }
}

/** Fills in the defaults. TypeError for times that do not fit together. */
export function checkProofOptions(options: PrimaryProofOptions) {
  const { maxStaleness = 5 * SECOND, proofInterval = SECOND, onPrimaryProof = () => {} } = options;
  if (!(Number.isInteger(proofInterval) && proofInterval >= 10 && proofInterval <= MINUTE)) {
    throw new TypeError('"proofInterval" must be a whole number of milliseconds from 10 to 60000');
  }
  const isBounded = maxStaleness > proofInterval && maxStaleness <= MINUTE;
  if (!(maxStaleness === 0 || (Number.isInteger(maxStaleness) && isBounded))) {
    throw new TypeError(
      '"maxStaleness" must be 0, or a whole number of milliseconds over "proofInterval" and at most 60000',
    );
  }
  return { maxStaleness, proofInterval, onPrimaryProof };
}
