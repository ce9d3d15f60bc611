import type { Log } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { Deployment } from './deployment.ts';
import { PrimaryChanged, type ProofAttempt } from './prover.ts';

/** Logs one line when the primary can no longer be proven, and one line when it is proven again. */
export function createProofLog(log: Log): (attempt: ProofAttempt) => void {
  let lostAt: number | undefined;

  return function logAttempt({ ok, error, primary }) {
    if (ok) {
      if (lostAt === undefined) return;
      const seconds = Math.round((performance.now() - lostAt) / SECOND);
      log.warn({ primary, seconds }, 'The primary is proven again');
      lostAt = undefined;
    } else if (lostAt === undefined && !(error instanceof PrimaryChanged)) {
      lostAt = performance.now();
      log.warn(
        { err: error, primary },
        'The primary cannot be proven; requests get 503 once the last proof has expired',
      );
    }
  };
}

/** Logs each warning about the deployment once, however often the deployment is inspected. */
export function createDeploymentLog(log: Log): (deployment: Deployment) => void {
  const logged = new Set<string>();

  return function warn({ warnings }) {
    for (const warning of warnings) {
      if (!logged.has(warning)) log.warn({}, warning);
      logged.add(warning);
    }
  };
}
