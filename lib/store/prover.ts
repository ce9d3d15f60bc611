import type { Db } from 'mongodb';
import { StoreUnavailable } from '../errors.ts';
import { within } from '../time.ts';
import type { Collections } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { SENTINEL } from './revocation-keys.ts';
import { inspectTopology, type Topology } from './topology.ts';
import { watchPrimary } from './watched-primary.ts';

/** That a server was the primary, with its majority, at some time after the proof began. */
export interface Proof {
  /** The primary it is about, as a count of changes. */
  readonly primary: number;
  /** By the process's own monotonic clock, in milliseconds. */
  readonly began: number;
  readonly topology: Topology;
}

export interface ProofAttempt {
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly duration: number;
  /** The primary's host and port, as far as there is one. */
  readonly primary: string | undefined;
  /** Why it failed. */
  readonly error?: unknown;
}

export interface Prover {
  /** A new proof, or the one that is being made. StoreUnavailable where it fails. */
  prove(): Promise<Proof>;
  /** Whether the driver has gone on sending to the primary of this proof. */
  isOfPrimary(proof: Proof): boolean;
  stop(): void;
}

export interface ProverOptions {
  /** Milliseconds after which a proof would be worth nothing; 0 where none is asked for. */
  readonly maxStaleness: number;
  readonly onPrimaryProof: (attempt: ProofAttempt) => void;
  /** Told what the deployment is, each time that it was asked. */
  readonly onTopology?: ((topology: Topology) => void) | undefined;
}

/** Another primary, or the same one elected again: what was asked has to be asked anew. */
export class PrimaryChanged extends StoreUnavailable {
  override readonly name = 'PrimaryChanged';

  constructor() {
    super('The primary changed while it was asked');
  }
}

/** Makes proofs, one at a time: whoever asks meanwhile shares it. */
export function createProver(
  db: Db,
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  { maxStaleness, onPrimaryProof, onTopology = () => {} }: ProverOptions,
): Prover {
  const primary = watchPrimary(db.client);
  const topologyOf = createTopologyOf(db, onTopology);
  const patience = Math.max(maxStaleness, MAX_TIME);

  async function makeProof(): Promise<Proof> {
    const proof = { primary: primary.changes(), began: performance.now() };
    const topology = await topologyOf(proof.primary);
    if (topology.hasMajority && maxStaleness > 0) {
      const options = { readConcern: 'linearizable', maxTimeMS: MAX_TIME } as const;
      await orUnavailable(revokedTokens.findOne({ _id: SENTINEL }, options));
    }
    if (primary.changes() !== proof.primary) throw new PrimaryChanged();
    return { ...proof, topology };
  }

  async function attempt(): Promise<Proof> {
    const began = performance.now();
    const tell = (outcome: Pick<ProofAttempt, 'ok' | 'error'>) =>
      onPrimaryProof({
        ...outcome,
        duration: performance.now() - began,
        primary: primary.address(),
      });
    try {
      const proof = await within(patience, makeProof(), unproved);
      tell({ ok: true });
      return proof;
    } catch (error) {
      tell({ ok: false, error });
      throw error;
    }
  }

  return {
    prove: shared(primary.changes, attempt),
    isOfPrimary: (proof) => proof.primary === primary.changes(),
    stop: () => primary.stop(),
  };
}

function unproved(): StoreUnavailable {
  return new StoreUnavailable('The primary could not be proven in time');
}

/** A set's configuration changes with its primary, as far as drivers can see: asked once for each. */
function createTopologyOf(db: Db, onTopology: (topology: Topology) => void) {
  let known: { readonly primary: number; readonly topology: Topology } | undefined;

  return async function topologyOf(primary: number): Promise<Topology> {
    if (known?.primary === primary) return known.topology;
    const topology = await inspectTopology(db);
    known = { primary, topology };
    onTopology(topology);
    return topology;
  };
}

/** Joins the work that is under way for the same primary. What hangs at another one keeps nobody waiting. */
function shared<T>(changes: () => number, work: () => Promise<T>): () => Promise<T> {
  let running: { readonly primary: number; readonly answer: Promise<T> } | undefined;

  return function join() {
    const primary = changes();
    if (running?.primary === primary) return running.answer;
    const answer = work().finally(() => {
      if (running?.answer === answer) running = undefined;
    });
    running = { primary, answer };
    return answer;
  };
}
