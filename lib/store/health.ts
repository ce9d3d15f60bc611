import { type ClockSkew, MAX_SKEW } from './clock-skew.ts';
import { type Collections, SCHEMA_VERSION } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import type { Revocations } from './revocations.ts';

/** One thing that has to hold before requests can be served; `detail` says what to do where it does not. */
export interface HealthCheck {
  readonly ok: boolean;
  readonly detail?: string;
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

export interface Health {
  /** Asks the database all that a request will need of it. Never rejects. */
  check(): Promise<HealthReport>;
}

export interface HealthParts {
  readonly schema: Collections['schema'];
  readonly revocations: Revocations;
  readonly skew: ClockSkew;
}

/** No user has this id: reading its cutoffs reads the sentinel, as any request would. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Makes the readiness check. */
export function createHealth({ schema, revocations, skew }: HealthParts): Health {
  async function checkSchema(): Promise<HealthCheck> {
    const found = await orUnavailable(schema.findOne({ _id: 'rescind' }, { maxTimeMS: MAX_TIME }));
    const version = found?.version ?? 0;
    if (version >= SCHEMA_VERSION) return { ok: true };
    return {
      ok: false,
      detail: `The schema is at version ${version}, this server needs ${SCHEMA_VERSION}. Run \`npm run migrate\`.`,
    };
  }

  return {
    async check() {
      const measured = skew.measure();
      const [database, schemaCheck, sentinel, skewCheck] = await Promise.all([
        settled(measured.then(() => ({ ok: true }))),
        settled(checkSchema()),
        settled(revocations.cutoffs(NOBODY).then(() => ({ ok: true }))),
        settled(measured.then(describeSkew)),
      ]);
      const checks = { database, schema: schemaCheck, sentinel, skew: skewCheck };
      return { ok: Object.values(checks).every(({ ok }) => ok), checks };
    },
  };
}

function describeSkew(milliseconds: number): HealthCheck {
  const detail = `${Math.round(milliseconds)} ms ahead of the database's clock`;
  return { ok: Math.abs(milliseconds) <= MAX_SKEW, detail };
}

async function settled(check: Promise<HealthCheck>): Promise<HealthCheck> {
  try {
    return await check;
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'It failed' };
  }
}
