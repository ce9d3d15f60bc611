import { type Remedy, StoreNotReady } from '../errors.ts';
import type { Log } from '../log.ts';
import type { FollowerStatus } from '../store/followers/follower.ts';
import type { Followers } from '../store/followers/followers.ts';
import type { HealthChecks } from '../store/migrations/health-checks.ts';
import { type ClockSkew, MAX_SKEW } from '../store/mongo/clock-skew.ts';
import { OLDEST_SCHEMA_VERSION, SCHEMA_VERSION } from '../store/mongo/collection-specs.ts';
import type { Schema } from '../store/mongo/schema-document.ts';
import type { Revocations } from '../store/revocations/revocations.ts';
import { withTimeout } from '../time.ts';
import type { KeyRing } from '../tokens/keys/key-ring.ts';
import type { RefreshTokens } from '../tokens/refresh/refresh-tokens.ts';
import { timedOut } from '../use-case.ts';

/** A condition for serving requests. If it does not hold, `detail` describes the fault and what to do. */
export interface HealthCheck {
  readonly ok: boolean;
  readonly detail?: string;
  /**
   * The code of the action that an operator has to take, as in `detail`. Undefined if waiting may help. A check that
   * passes may have one, too: requests are served without it.
   */
  readonly remedy?: Remedy;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: {
    readonly database: HealthCheck;
    readonly schema: HealthCheck;
    readonly sentinel: HealthCheck;
    readonly skew: HealthCheck;
    /** The lease under which this server may act on what it remembers. It passes without one: then each check reads. */
    readonly lease: HealthCheck;
    /**
     * The probe, an entry of `revoked_tokens` that revokes nothing, can be written. A success is cached for 30 seconds.
     */
    readonly writes: HealthCheck;
    /** Every collection has the indexes of `migrate`, and none that would refuse writes or delete needed documents. */
    readonly indexes: HealthCheck;
    /** The keys that make new tokens are not revoked. */
    readonly signingKey: HealthCheck;
  };
}

export interface CheckHealthDeps {
  readonly schema: Schema;
  readonly revocations: Revocations;
  readonly skew: ClockSkew;
  readonly followers: Pick<Followers, 'status'>;
  readonly healthChecks: HealthChecks;
  readonly keys: Pick<KeyRing, 'signing'>;
  readonly refreshTokens: Pick<RefreshTokens, 'kid'>;
  /** Receives the reason why the database cannot be reached. */
  readonly log: Log;
  /** The most milliseconds that a check may take. */
  readonly timeout: number;
}

/** Reads everything from the database that a request will need. Never rejects. */
export async function checkHealth(deps: CheckHealthDeps): Promise<HealthReport> {
  const { schema, revocations, skew, healthChecks, timeout } = deps;
  const measured = skew.measure();
  measured.catch((err) => deps.log.warn({ err }, 'The database cannot be reached'));
  const read = revocations.cutoffs(undefined); // reads the sentinel, as any request would
  const found = schema.find();
  const written = Promise.all([found, read]).then(([version]) =>
    judgeVersion(version).ok ? healthChecks.assertWritable().then(good) : NOT_TRIED,
  );
  const pending = {
    database: judge(measured, good, timeout),
    schema: judge(found, judgeVersion, timeout),
    sentinel: judge(read, good, timeout),
    skew: judge(measured, judgeSkew, timeout),
    lease: judgeLease(deps.followers.status()),
    writes: judge(written, (check) => check, timeout),
    indexes: judge(healthChecks.assertIndexes(), good, timeout),
    signingKey: judge(findRevokedKey(deps), judgeKey, timeout),
  };
  const settled = Object.entries(pending).map(async ([name, check]) => [name, await check]);
  const checks: HealthReport['checks'] = Object.fromEntries(await Promise.all(settled));
  const ok = Object.values(checks).every((check) => check.ok);
  return { ok, checks };
}

/** Turns the result of a promise into a check, which fails if the promise rejects or times out. */
async function judge<T>(
  finding: Promise<T>,
  toCheck: (value: T) => HealthCheck,
  timeout: number,
): Promise<HealthCheck> {
  try {
    return await withTimeout(timeout, finding.then(toCheck), timedOut);
  } catch (error) {
    if (error instanceof StoreNotReady) return needsOperator(error.remedy, error.message);
    return { ok: false, detail: error instanceof Error ? error.message : 'The check failed' };
  }
}

/**
 * Describes the lease. The check passes without one, since the server then reads the database at each check. A `remedy`
 * is what lets the server follow.
 */
function judgeLease({ leaseLeft, hindrance }: FollowerStatus): HealthCheck {
  if (hindrance !== undefined) {
    const { reason, remedy } = hindrance;
    return { ok: true, detail: `${NOT_FOLLOWING}. ${reason}`, ...(remedy && { remedy }) };
  }
  if (leaseLeft <= 0) return { ok: true, detail: LAPSED };
  return { ok: true, detail: `The lease holds for ${Math.ceil(leaseLeft)} ms` };
}

const NOT_FOLLOWING = 'This server does not follow: every check reads the database';
const LAPSED = 'The lease does not hold: every check reads the database until it is renewed';

/** The check `writes` of a database that is not migrated. The database may be foreign, so nothing is written. */
const NOT_TRIED: HealthCheck = { ok: false, detail: 'Not tried: the database is not migrated' };

const good = (): HealthCheck => ({ ok: true });

function needsOperator(remedy: Remedy, detail: string): HealthCheck {
  return { ok: false, detail, remedy };
}

/** Builds the report of a closed `auth`, in which every check fails with this detail. */
export function failedReport(detail: string): HealthReport {
  const failed: HealthCheck = { ok: false, detail };
  const checks = {
    database: failed,
    schema: failed,
    sentinel: failed,
    skew: failed,
    lease: failed,
    writes: failed,
    indexes: failed,
    signingKey: failed,
  };
  return { ok: false, checks };
}

/**
 * Accepts the version before, because servers are replaced first and the database is migrated last. Accepts a newer
 * schema, which only adds to the older one, so that servers of two versions can run side by side.
 */
function judgeVersion(found: { readonly version: number } | undefined): HealthCheck {
  const version = found?.version ?? 0;
  if (version >= OLDEST_SCHEMA_VERSION) return { ok: true };
  const detail = `The schema is at version ${version}, not at ${SCHEMA_VERSION}. Migrate the database`;
  return needsOperator('migrate', detail);
}

function judgeSkew(milliseconds: number): HealthCheck {
  const detail = `The clock of this server is ${Math.round(milliseconds)} ms ahead of the database's clock`;
  return { ok: Math.abs(milliseconds) <= MAX_SKEW, detail };
}

type MakingKey = ReturnType<typeof makingKeys>[number];

/** Finds a revoked key that still makes new tokens. All tokens of a revoked key are refused. */
async function findRevokedKey(deps: CheckHealthDeps): Promise<MakingKey | undefined> {
  const used = makingKeys(deps);
  const revoked = await Promise.all(used.map(({ kid }) => deps.revocations.isKeyRevoked(kid)));
  return used.find((_, index) => revoked[index]);
}

function makingKeys({ keys, refreshTokens }: CheckHealthDeps) {
  const { kid, alg } = keys.signing;
  const secret = { kid: refreshTokens.kid, alg: 'HS256' } as const;
  if (alg === 'HS256') return [{ ...secret, purpose: 'makes all tokens' }];
  return [
    { kid, alg, purpose: 'signs access tokens' },
    { ...secret, purpose: 'makes refresh tokens' },
  ];
}

function judgeKey(revoked: MakingKey | undefined): HealthCheck {
  if (revoked === undefined) return { ok: true };
  const { kid, alg, purpose } = revoked;
  const option = alg === 'HS256' ? 'secrets' : 'privateKey';
  const detail = `The key ${kid} of the option "${option}", which ${purpose}, has been revoked. Restart every server with another key`;
  return needsOperator(`replace_${alg}_key`, detail);
}
