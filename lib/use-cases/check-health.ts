import { StoreNotReady } from '../errors.ts';
import type { Log } from '../log.ts';
import type { HealthChecks } from '../store/migrations/health-checks.ts';
import { type ClockSkew, MAX_SKEW } from '../store/mongo/clock-skew.ts';
import { SCHEMA_VERSION } from '../store/mongo/collection-specs.ts';
import type { Schema } from '../store/mongo/schema-document.ts';
import type { Deployment } from '../store/primary/deployment.ts';
import type { PrimaryProof } from '../store/primary/primary-proof.ts';
import type { Revocations } from '../store/revocations/revocations.ts';
import { SECOND, withTimeout } from '../time.ts';
import type { KeyRing } from '../tokens/keys/key-ring.ts';
import type { RefreshTokens } from '../tokens/refresh/refresh-tokens.ts';
import { timedOut } from '../use-case.ts';

/** A condition for serving requests; `detail` says what to do if it does not hold. */
export interface HealthCheck {
  readonly ok: boolean;
  readonly detail?: string;
  /** For `proof`: milliseconds since the last good proof of the primary began. */
  readonly ageMs?: number;
  /** Set where waiting does not help: an operator has to act on `detail`. */
  readonly needsOperator?: true;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: {
    readonly database: HealthCheck;
    readonly schema: HealthCheck;
    readonly sentinel: HealthCheck;
    readonly skew: HealthCheck;
    /** The primary is proven to have its majority. */
    readonly proof: HealthCheck;
    /** An entry of the server's own is written, at most every 30 seconds. */
    readonly writes: HealthCheck;
    /** Every collection has the indexes that `migrate` made, and none that refuses what is written or deletes what has to stay. */
    readonly indexes: HealthCheck;
    /** The keys that make new tokens are not revoked. */
    readonly signingKey: HealthCheck;
  };
}

export interface CheckHealthDeps {
  readonly schema: Schema;
  readonly revocations: Revocations;
  readonly skew: ClockSkew;
  readonly primary: Pick<PrimaryProof, 'deployment' | 'age' | 'maxStaleness'>;
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
  const { schema, revocations, skew, primary, healthChecks, timeout } = deps;
  const measured = skew.measure();
  measured.catch((err) => deps.log.warn({ err }, 'The database cannot be reached'));
  const read = revocations.cutoffs(undefined); // reads the sentinel, as any request would
  const found = schema.find();
  const proven = primary.deployment();
  const written = Promise.all([found, read]).then(([version]) =>
    judgeVersion(version).ok ? healthChecks.assertWritable().then(good) : NOT_TRIED,
  );
  const [database, version, sentinel, clocks, proof, writes, indexes, signing] = await Promise.all([
    judge(measured, good, timeout),
    judge(found, judgeVersion, timeout),
    judge(read, good, timeout),
    judge(measured, judgeSkew, timeout),
    judge(proven, (deployment) => judgeProof(deployment, primary.maxStaleness), timeout),
    judge(written, (check) => check, timeout),
    judge(healthChecks.assertIndexes(), good, timeout),
    judge(findRevokedKey(deps), judgeKey, timeout),
  ]);
  const checks = {
    database,
    schema: version,
    sentinel,
    skew: clocks,
    proof: withAge(proof, primary.age()),
    writes,
    indexes,
    signingKey: signing,
  };
  return { ok: Object.values(checks).every(({ ok }) => ok), checks };
}

/** Turns a finding into a check. A finding that fails, or takes too long, is a failed check. */
async function judge<T>(
  finding: Promise<T>,
  toCheck: (value: T) => HealthCheck,
  timeout: number,
): Promise<HealthCheck> {
  try {
    return await withTimeout(timeout, finding.then(toCheck), timedOut);
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'It failed';
    return { ok: false, detail, ...(error instanceof StoreNotReady && { needsOperator: true }) };
  }
}

/** The check of a database of unknown schema: it may belong to another application, so nothing is written. */
const NOT_TRIED: HealthCheck = { ok: false, detail: 'Not tried before the schema is right' };

function good(): HealthCheck {
  return { ok: true };
}

/** Builds the report of a closed auth: every check fails with this detail. */
export function failedReport(detail: string): HealthReport {
  const failed: HealthCheck = { ok: false, detail };
  const checks = {
    database: failed,
    schema: failed,
    sentinel: failed,
    skew: failed,
    proof: failed,
    writes: failed,
    indexes: failed,
    signingKey: failed,
  };
  return { ok: false, checks };
}

/** A newer version is fine: it only adds, so servers of two versions can run side by side. */
function judgeVersion(found: { readonly version: number } | undefined): HealthCheck {
  const version = found?.version ?? 0;
  if (version >= SCHEMA_VERSION) return { ok: true };
  const detail = `The schema is at version ${version}, this server needs ${SCHEMA_VERSION}. Run: npm run migrate`;
  return { ok: false, detail, needsOperator: true };
}

function judgeSkew(milliseconds: number): HealthCheck {
  const detail = `${Math.round(milliseconds)} ms ahead of the database's clock`;
  return { ok: Math.abs(milliseconds) <= MAX_SKEW, detail };
}

/** The margin between the end of a proof and the earliest election, in milliseconds. */
const BEFORE_ELECTION = 2 * SECOND;

function judgeProof(deployment: Deployment, maxStaleness: number): HealthCheck {
  const { kind, hasSeveralVoters, electionTimeout } = deployment;
  const most = electionTimeout - BEFORE_ELECTION;
  if (kind === 'sharded') return { ok: true, detail: 'No proof is possible through a mongos' };
  if (!hasSeveralVoters) return { ok: true, detail: 'Nothing to prove: no other member votes' };
  if (maxStaleness >= Math.max(most, 1)) {
    const detail = `MAX_STALENESS is ${maxStaleness} ms; the set elects after ${electionTimeout}. Set it to 0s, or to less than ${most}ms`;
    return { ok: false, detail, needsOperator: true };
  }
  return { ok: true, detail: maxStaleness === 0 ? 'Every read proves the primary' : 'Proven' };
}

function withAge(check: HealthCheck, age: number | undefined): HealthCheck {
  return age === undefined ? check : { ...check, ageMs: Math.round(age) };
}

/** A key that makes new tokens. */
interface MakingKey {
  readonly kid: string;
  readonly purpose: string;
  readonly setting: string;
  /** The command that makes another one. */
  readonly generate: string;
}

/** Finds the revoked one of the keys that make new tokens: all tokens that it makes are refused. */
async function findRevokedKey(deps: CheckHealthDeps): Promise<MakingKey | undefined> {
  const used = makingKeys(deps);
  const revoked = await Promise.all(used.map(({ kid }) => deps.revocations.isKeyRevoked(kid)));
  return used.find((_, index) => revoked[index]);
}

function makingKeys({ keys, refreshTokens }: CheckHealthDeps): readonly MakingKey[] {
  const { kid, alg } = keys.signing;
  const secret = { kid: refreshTokens.kid, setting: 'JWT_SECRET_KEY' };
  const generate = 'npm run -s generate-secret';
  if (alg === 'HS256') return [{ ...secret, purpose: 'makes all tokens', generate }];
  return [
    {
      kid,
      purpose: 'signs access tokens',
      setting: 'JWT_PRIVATE_KEY',
      generate: `${generate} -- --key ${alg}`,
    },
    { ...secret, purpose: 'makes refresh tokens', generate },
  ];
}

function judgeKey(revoked: MakingKey | undefined): HealthCheck {
  if (revoked === undefined) return { ok: true };
  const { kid, purpose, setting, generate } = revoked;
  const detail = `The key ${kid} of ${setting}, which ${purpose}, has been revoked. Make another: ${generate}. Then restart every server with it`;
  return { ok: false, detail, needsOperator: true };
}
