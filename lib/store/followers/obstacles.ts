import { type Db, MongoServerError, Timestamp } from 'mongodb';
import { USE_CASE_SHARE } from '../../defaults.ts';
import { SECOND } from '../../time.ts';
import { readAfter } from '../mongo/causal-reads.ts';
import { type Collections, NAMES } from '../mongo/collections.ts';
import { MAX_TIME } from '../mongo/database.ts';
import type { Schema } from '../mongo/schema-document.ts';
import type { StrictReads } from '../mongo/strict-reads.ts';
import type { Hindrance } from './events.ts';
import { CLOCK_RATES } from './stale-documents.ts';

/** The schema version from which on servers follow, because the validator refuses writes that followers may not see. */
const FOLLOWED_SCHEMA = 4;

/** The fewest connections with which a server follows: with fewer, other commands wait for the feed. */
const LEAST_POOL = 5;

export interface ObstacleDeps {
  readonly db: Db;
  readonly collections: Pick<Collections, 'followers'>;
  readonly schema: Schema;
  readonly strictReads: Pick<StrictReads, 'deployment'>;
}

/** Returns the reason why a server must not follow; undefined if it may. */
export async function findObstacle(deps: ObstacleDeps): Promise<Hindrance | undefined> {
  const { kind } = await deps.strictReads.deployment();
  if (kind !== 'replica set') return { reason: KINDS[kind] };
  const { maxPoolSize } = deps.db.client.options;
  if (maxPoolSize !== 0 && maxPoolSize < LEAST_POOL) return { reason: SMALL_POOL };
  const version = await readVersion(deps.schema);
  if (version < FOLLOWED_SCHEMA) return notMigrated(version);
  return (await waitsForClusterTime(deps)) ? undefined : { reason: NO_CLUSTER_TIME };
}

async function readVersion(schema: Schema): Promise<number> {
  return (await schema.find())?.version ?? 0;
}

/**
 * Returns true if servers may follow this database. A server registers only on the schema of this version, and the
 * version goes back only while every server is stopped, so nobody follows where a strict read finds an older one.
 */
export async function mayBeFollowed(schema: Schema): Promise<boolean> {
  return (await readVersion(schema)) >= FOLLOWED_SCHEMA;
}

function notMigrated(version: number): Hindrance {
  const reason = `The schema is at version ${version}, and servers follow from version ${FOLLOWED_SCHEMA} on. Migrate the database`;
  return { reason, remedy: 'migrate' };
}

const KINDS = {
  standalone: 'MongoDB runs standalone, so it has no change streams',
  sharded: 'MongoDB is reached through a mongos, where a shard without writes delays the feed',
} as const;
const SMALL_POOL = `The client's maxPoolSize is below ${LEAST_POOL}. Raise it`;
const SHORT_DEADLINE =
  'The deadline is too short for a revocation to wait for a lease. Raise the deadline';
const NO_CLUSTER_TIME = 'The database ignores afterClusterTime, so a read may miss a revocation';

/** The code with which MongoDB refuses a read after a time that has not come. */
const INVALID_OPTIONS = 72;

/** Probes the database by a read after a time that is an hour ahead, which has to fail. */
async function waitsForClusterTime({ db, collections }: ObstacleDeps): Promise<boolean> {
  const t = Math.floor(Date.now() / SECOND) + 3_600;
  try {
    await readAfter(db.client, new Timestamp({ t, i: 1 }), (options) =>
      collections.followers.findOne({}, { ...options, maxTimeMS: MAX_TIME }),
    );
    return false;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === INVALID_OPTIONS) return true;
    throw error;
  }
}

/** The milliseconds of lease that each follower needs, because each renewal wakes the feed of every follower. */
const PER_FOLLOWER = 100;

/** The part of a use case's time that is left for the reads and writes of a revocation, in milliseconds. */
const BESIDE_SETTLING = SECOND;

/** Returns the longest lease for which a revocation can settle within the deadline of a request, in milliseconds. */
export function longestLease(deadline: number): number {
  return Math.floor((deadline * USE_CASE_SHARE - BESIDE_SETTLING) / CLOCK_RATES);
}

/** Returns the lease with which a server registers beside so many followers; undefined if the deadline is too short. */
export function chooseLease(
  lease: number,
  followers: number,
  deadline: number,
): number | undefined {
  const needed = Math.max(lease, (followers + 1) * PER_FOLLOWER);
  return needed <= longestLease(deadline) ? needed : undefined;
}

/** Describes why there is no such lease beside so many followers. */
export function withoutLease(lease: number, followers: number, deadline: number): string {
  if (lease > longestLease(deadline)) return SHORT_DEADLINE;
  return `${NAMES.followers} has ${followers} followers, more than a lease within this deadline serves. Raise the deadline, or run fewer followers`;
}
