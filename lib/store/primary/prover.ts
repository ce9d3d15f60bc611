import type { Db } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import { within } from '../../time.ts';
import { type Collections, SENTINEL } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { inspectTopology, type Topology } from './deployment.ts';
import { watchPrimary } from './watched-primary.ts';

/** Evidence that a server was the primary, with its majority, at some time after the proof began. */
export interface Proof {
  /** The proven primary, as a count of changes. */
  readonly primary: number;
  /** The start in milliseconds, by the process's monotonic clock. */
  readonly began: number;
  readonly topology: Topology;
}

export interface ProofAttempt {
  readonly ok: boolean;
  /** The duration in milliseconds. */
  readonly duration: number;
  /** The primary's host and port; undefined without a primary. */
  readonly primary: string | undefined;
  /** The reason of the failure. */
  readonly error?: unknown;
}

export interface Prover {
  /** Makes a new proof, or joins the one in flight. Throws StoreUnavailable if it fails. */
  prove(): Promise<Proof>;
  /** Returns true if the driver has not changed its primary since this proof. */
  isOfPrimary(proof: Proof): boolean;
  stop(): void;
}

export interface ProverOptions {
  /** Milliseconds after which a proof expires; 0 to make none. */
  readonly maxStaleness: number;
  readonly onPrimaryProof: (attempt: ProofAttempt) => void;
  /** Receives the deployment each time it was inspected. */
  readonly onTopology?: ((topology: Topology) => void) | undefined;
}

/** The error of a read during which the primary changed, or the same one was elected again: it has to be repeated. */
export class PrimaryChanged extends StoreUnavailable {
  override readonly name = 'PrimaryChanged';

  constructor() {
    super('The primary changed while it was asked');
  }
}

/** Makes proofs, one at a time: concurrent callers share it. */
export function createProver(
  db: Db,
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  { maxStaleness, onPrimaryProof, onTopology = () => {} }: ProverOptions,
): Prover {
  const primary = watchPrimary(db.client);
  const inspectOnce = createInspectOnce(db, onTopology);
  const timeout = Math.max(maxStaleness, MAX_TIME);

  async function makeProof(): Promise<Proof> {
    const proof = { primary: primary.changes(), began: performance.now() };
    const topology = await inspectOnce(proof.primary);
    if (topology.hasMajority && maxStaleness > 0) {
      const options = { readConcern: 'linearizable', maxTimeMS: MAX_TIME } as const;
      await orUnavailable(revokedTokens.findOne({ _id: SENTINEL }, options));
    }
    if (primary.changes() !== proof.primary) throw new PrimaryChanged();
    return { ...proof, topology };
  }

  async function attempt(): Promise<Proof> {
    const began = performance.now();
    const report = (outcome: Pick<ProofAttempt, 'ok' | 'error'>) =>
      onPrimaryProof({
        ...outcome,
        duration: performance.now() - began,
        primary: primary.address(),
      });
    try {
      const proof = await within(timeout, makeProof(), timedOut);
      report({ ok: true });
      return proof;
    } catch (error) {
      report({ ok: false, error });
      throw error;
    }
  }

  return {
    prove: shared(primary.changes, attempt),
    isOfPrimary: (proof) => proof.primary === primary.changes(),
    stop: () => primary.stop(),
  };
}

function timedOut(): StoreUnavailable {
  return new StoreUnavailable('The primary could not be proven in time');
}

/** Creates a function that inspects the deployment once for each primary: drivers see no other change of a set. */
function createInspectOnce(db: Db, onTopology: (topology: Topology) => void) {
  let known: { readonly primary: number; readonly topology: Topology } | undefined;

  return async function inspectOnce(primary: number): Promise<Topology> {
    if (known?.primary === primary) return known.topology;
    const topology = await inspectTopology(db);
    known = { primary, topology };
    onTopology(topology);
    return topology;
  };
}

/** Joins the work in flight for the same primary. Work that hangs on another primary blocks no caller. */
function shared<T>(changes: () => number, work: () => Promise<T>): () => Promise<T> {
  let running: { readonly primary: number; readonly result: Promise<T> } | undefined;

  return function join() {
    const primary = changes();
    if (running?.primary === primary) return running.result;
    const result = work().finally(() => {
      if (running?.result === result) running = undefined;
    });
    running = { primary, result };
    return result;
  };
}
