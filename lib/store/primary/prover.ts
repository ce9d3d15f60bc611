import type { Db } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import { withTimeout } from '../../time.ts';
import { type Collections, SENTINEL } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { type Deployment, inspectDeployment } from './deployment.ts';
import { watchPrimary } from './watched-primary.ts';

/** Evidence that a server was the primary and had its majority at some time after the proof began. */
export interface Proof {
  /** The number of primary changes before the proof began. It identifies the proven primary. */
  readonly primary: number;
  /** The start of the proof in milliseconds, by the process's monotonic clock. */
  readonly began: number;
  readonly deployment: Deployment;
}

export interface ProofAttempt {
  readonly ok: boolean;
  /** The duration of the attempt in milliseconds. */
  readonly duration: number;
  /** The primary's host and port; undefined without a primary. */
  readonly primary: string | undefined;
  /** The reason of the failure. */
  readonly error?: unknown;
}

export type Prover = ReturnType<typeof createProver>;

export interface ProverOptions {
  /** Milliseconds after which a proof expires; 0 to make no proofs. */
  readonly maxStaleness: number;
  readonly onPrimaryProof: (attempt: ProofAttempt) => void;
  /** Receives the deployment after each inspection. */
  readonly onDeployment?: ((deployment: Deployment) => void) | undefined;
}

/** The error of a read that must be repeated, because a server was elected primary. It may be the same server again. */
export class PrimaryChanged extends StoreUnavailable {
  override readonly name = 'PrimaryChanged';

  constructor() {
    super('The primary changed during the read');
  }
}

/** Makes proofs of the primary, one at a time. Concurrent callers share a proof. */
export function createProver(
  db: Db,
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  { maxStaleness, onPrimaryProof, onDeployment = () => {} }: ProverOptions,
) {
  const primary = watchPrimary(db.client);
  const inspectOnce = createInspectOnce(db, onDeployment);
  const timeout = Math.max(maxStaleness, MAX_TIME);
  let isStopped = false;

  async function makeProof(): Promise<Proof> {
    const proof = { primary: primary.changes, began: performance.now() };
    const deployment = await inspectOnce(proof.primary);
    if (deployment.hasSeveralVoters && maxStaleness > 0) {
      const options = { readConcern: 'linearizable', maxTimeMS: MAX_TIME } as const;
      await orUnavailable(revokedTokens.findOne({ _id: SENTINEL }, options));
    }
    if (primary.changes !== proof.primary) throw new PrimaryChanged();
    return { ...proof, deployment };
  }

  async function attempt(): Promise<Proof> {
    const began = performance.now();
    const report = (outcome: Pick<ProofAttempt, 'ok' | 'error'>) => {
      if (isStopped) return; // a closing client is no failure of the primary
      const duration = performance.now() - began;
      onPrimaryProof({ ...outcome, duration, primary: primary.address() });
    };
    try {
      const proof = await withTimeout(timeout, makeProof(), timedOut);
      report({ ok: true });
      return proof;
    } catch (error) {
      report({ ok: false, error });
      throw error;
    }
  }

  return {
    /** Makes a new proof, or joins the one in flight. Throws StoreUnavailable if the proof fails. */
    prove: shared(primary, attempt),
    /** The primary that the driver uses. A proof is valid only while `proof.primary` equals `primary.changes`. */
    primary,
    /** Stops watching the primary. Attempts in flight are no longer reported. */
    stop(): void {
      isStopped = true;
      primary.stop();
    },
  };
}

function timedOut(): StoreUnavailable {
  return new StoreUnavailable('The primary could not be proven in time');
}

/** Creates a function that inspects the deployment once for each primary, and again after a reconfiguration. */
function createInspectOnce(db: Db, onDeployment: (deployment: Deployment) => void) {
  let known: { readonly primary: number; readonly deployment: Deployment } | undefined;

  return async function inspectOnce(primary: number): Promise<Deployment> {
    if (known?.primary === primary) return known.deployment;
    const deployment = await inspectDeployment(db);
    known = { primary, deployment };
    onDeployment(deployment);
    return deployment;
  };
}

/** Shares work in flight until the primary changes. After a change, work is started anew, because the old may hang. */
function shared<T>(
  current: { readonly changes: number },
  work: () => Promise<T>,
): () => Promise<T> {
  let running: { readonly primary: number; readonly result: Promise<T> } | undefined;

  return function join() {
    const primary = current.changes;
    if (running?.primary === primary) return running.result;
    const result = work().finally(() => {
      if (running?.result === result) running = undefined;
    });
    running = { primary, result };
    return result;
  };
}
