import { tooLate } from '../deadline.ts';
import { StoreNotReady } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ClockSkew, MAX_SKEW } from '../store/clock-skew.ts';
import { SCHEMA_VERSION } from '../store/collection-specs.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Schema } from '../store/schema.ts';
import { within } from '../time.ts';

/** One thing that has to hold before requests can be served; `detail` says what to do where it does not. */
export interface HealthCheck {
  readonly ok: boolean;
  readonly detail?: string;
  /** Waiting does not help: somebody has to do what `detail` says. */
  readonly needs_operator?: true;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: {
    readonly database: HealthCheck;
    readonly schema: HealthCheck;
    readonly sentinel: HealthCheck;
    readonly skew: HealthCheck;
  };
}

export interface CheckHealthParts {
  readonly schema: Schema;
  readonly revocations: Revocations;
  readonly skew: ClockSkew;
  /** Told why the database cannot be reached. */
  readonly log: Log;
  /** The most milliseconds that a check may take. */
  readonly patience: number;
}

export type CheckHealth = () => Promise<HealthReport>;

/** Asks the database all that a request will need of it. Never rejects. */
export function createCheckHealth(parts: CheckHealthParts): CheckHealth {
  const { schema, revocations, skew, log, patience } = parts;

  return async function checkHealth() {
    const measured = skew.measure();
    measured.catch((err) => log.warn({ err }, 'The database cannot be reached'));
    const read = revocations.cutoffs(undefined); // reads the sentinel, as any request would
    const found = schema.find();
    const bounded = <T>(work: Promise<T>, judge: (value: T) => HealthCheck) =>
      settled(within(patience, work.then(judge), tooLate));
    const [database, version, sentinel, clocks] = await Promise.all([
      bounded(measured, () => ({ ok: true })),
      bounded(found, judgeVersion),
      bounded(read, () => ({ ok: true })),
      bounded(measured, judgeSkew),
    ]);
    const checks = { database, schema: version, sentinel, skew: clocks };
    return { ok: Object.values(checks).every(({ ok }) => ok), checks };
  };
}

/** A newer version is fine: it only adds, so servers of two versions can run side by side. */
function judgeVersion(found: { readonly version: number } | undefined): HealthCheck {
  const version = found?.version ?? 0;
  if (version >= SCHEMA_VERSION) return { ok: true };
  const detail = `The schema is at version ${version}, this server needs ${SCHEMA_VERSION}. Run: npm run migrate`;
  return { ok: false, detail, needs_operator: true };
}

function judgeSkew(milliseconds: number): HealthCheck {
  const detail = `${Math.round(milliseconds)} ms ahead of the database's clock`;
  return { ok: Math.abs(milliseconds) <= MAX_SKEW, detail };
}

async function settled(check: Promise<HealthCheck>): Promise<HealthCheck> {
  try {
    return await check;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'It failed';
    return { ok: false, detail, ...(error instanceof StoreNotReady && { needs_operator: true }) };
  }
}
