import { tooLate } from '../deadline.ts';
import { StoreNotReady } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ClockSkew, MAX_SKEW } from '../store/clock-skew.ts';
import { SCHEMA_VERSION } from '../store/collection-specs.ts';
import type { HealthChecks } from '../store/health-checks.ts';
import type { PrimaryProof } from '../store/primary-proof.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Schema } from '../store/schema.ts';
import type { Topology } from '../store/topology.ts';
import { SECOND, within } from '../time.ts';
import type { Key } from '../tokens/key.ts';
import type { KeyRing } from '../tokens/keys.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';

/** One thing that has to hold before requests can be served; `detail` says what to do where it does not. */
export interface HealthCheck {
  readonly ok: boolean;
  readonly detail?: string;
  /** For `proof`: milliseconds since the last good proof of the primary began. */
  readonly age_ms?: number;
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
    /** Whether the primary is known to have its majority. */
    readonly proof: HealthCheck;
    /** An entry of the server's own is written, at most every 30 seconds. */
    readonly writes: HealthCheck;
    /** Every collection has the indexes that `migrate` made, and none that refuses what is written or deletes what has to stay. */
    readonly indexes: HealthCheck;
    /** Whether the keys that make new tokens are still good. */
    readonly signing_key: HealthCheck;
  };
}

export interface CheckHealthParts {
  readonly schema: Schema;
  readonly revocations: Revocations;
  readonly skew: ClockSkew;
  readonly primary: Pick<PrimaryProof, 'topology' | 'age' | 'maxStaleness'>;
  readonly healthChecks: HealthChecks;
  readonly keys: Pick<KeyRing, 'signing'>;
  readonly refreshTokens: Pick<RefreshTokens, 'kid'>;
  /** Told why the database cannot be reached. */
  readonly log: Log;
  /** The most milliseconds that a check may take. */
  readonly patience: number;
}

export type CheckHealth = () => Promise<HealthReport>;

/** Asks the database all that a request will need of it. Never rejects. */
export function createCheckHealth(parts: CheckHealthParts): CheckHealth {
  const { schema, revocations, skew, primary, healthChecks, log, patience } = parts;
  const revokedKey = createFindRevokedKey(parts);

  return async function checkHealth() {
    const measured = skew.measure();
    measured.catch((err) => log.warn({ err }, 'The database cannot be reached'));
    const read = revocations.cutoffs(undefined); // reads the sentinel, as any request would
    const found = schema.find();
    const proven = primary.topology();
    const bounded = <T>(work: Promise<T>, judge: (value: T) => HealthCheck) =>
      settled(within(patience, work.then(judge), tooLate));
    const written = Promise.all([found, read]).then(([version]) =>
      judgeVersion(version).ok ? healthChecks.assertWritable().then(good) : NOT_TRIED,
    );
    const [database, version, sentinel, clocks, proof, writes, indexes, signing] =
      await Promise.all([
        bounded(measured, good),
        bounded(found, judgeVersion),
        bounded(read, good),
        bounded(measured, judgeSkew),
        bounded(proven, (topology) => judgeProof(topology, primary.maxStaleness)),
        bounded(written, (check) => check),
        bounded(healthChecks.assertIndexes(), good),
        bounded(revokedKey(), judgeKey),
      ]);
    const checks = {
      database,
      schema: version,
      sentinel,
      skew: clocks,
      proof: withAge(proof, primary.age()),
      writes,
      indexes,
      signing_key: signing,
    };
    return { ok: Object.values(checks).every(({ ok }) => ok), checks };
  };
}

/** The answer for a database that is not known: it may be another application's, so nothing is written. */
const NOT_TRIED: HealthCheck = { ok: false, detail: 'Not tried before the schema is right' };

function good(): HealthCheck {
  return { ok: true };
}

/** The report where nothing can be served any more, for this reason. */
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
    signing_key: failed,
  };
  return { ok: false, checks };
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

/** So much earlier than an election at the soonest has a proof to end, in milliseconds. */
const BEFORE_ELECTION = 2 * SECOND;

function judgeProof(topology: Topology, maxStaleness: number): HealthCheck {
  const { kind, hasMajority, electionTimeout } = topology;
  const most = electionTimeout - BEFORE_ELECTION;
  if (kind === 'sharded') return { ok: true, detail: 'No proof is possible through a mongos' };
  if (!hasMajority) return { ok: true, detail: 'Nothing to prove: no other member votes' };
  if (maxStaleness >= Math.max(most, 1)) {
    const detail = `MAX_STALENESS is ${maxStaleness} ms; the set elects after ${electionTimeout}. Set it to 0s, or to less than ${most}ms`;
    return { ok: false, detail, needs_operator: true };
  }
  return { ok: true, detail: maxStaleness === 0 ? 'Every read proves the primary' : 'Proven' };
}

function withAge(check: HealthCheck, age: number | undefined): HealthCheck {
  return age === undefined ? check : { ...check, age_ms: Math.round(age) };
}

interface MakingKey {
  readonly kid: string;
  /** What it does, where it stands, and what makes another. */
  readonly does: string;
  readonly setting: string;
  readonly generate: string;
}

/** Finds which of the keys that make new tokens is revoked: all that it makes is dead on arrival. */
function createFindRevokedKey({ revocations, keys, refreshTokens }: CheckHealthParts) {
  const { signing } = keys;
  const used: readonly MakingKey[] = [
    ...(signing.alg === 'HS256' ? [] : [privateKeyOf(signing)]),
    {
      kid: refreshTokens.kid,
      does: signing.alg === 'HS256' ? 'makes all tokens' : 'makes refresh tokens',
      setting: 'JWT_SECRET_KEY',
      generate: 'npm run -s generate-secret',
    },
  ];

  return async function findRevokedKey(): Promise<MakingKey | undefined> {
    const revoked = await Promise.all(used.map(({ kid }) => revocations.isKeyRevoked(kid)));
    return used.find((_, index) => revoked[index]);
  };
}

function privateKeyOf({ kid, alg }: Pick<Key, 'kid' | 'alg'>): MakingKey {
  return {
    kid,
    does: 'signs access tokens',
    setting: 'JWT_PRIVATE_KEY',
    generate: `npm run -s generate-secret -- --key ${alg}`,
  };
}

function judgeKey(revoked: MakingKey | undefined): HealthCheck {
  if (revoked === undefined) return { ok: true };
  const { kid, does, setting, generate } = revoked;
  const detail = `The key ${kid} of ${setting}, which ${does}, has been revoked. Make another: ${generate}. Then restart every server with it`;
  return { ok: false, detail, needs_operator: true };
}

async function settled(check: Promise<HealthCheck>): Promise<HealthCheck> {
  try {
    return await check;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'It failed';
    return { ok: false, detail, ...(error instanceof StoreNotReady && { needs_operator: true }) };
  }
}
