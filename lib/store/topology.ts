import { type Db, type Document, MongoServerError } from 'mongodb';
import { SECOND } from '../time.ts';
import { MAX_TIME, orUnavailable } from './database.ts';

/** What kind of deployment the database is, as far as a promise depends on it. */
export interface Topology {
  readonly kind: 'standalone' | 'replica set' | 'sharded';
  /** Whether more than one member votes, or may vote: a primary can then be cut off from its majority. */
  readonly hasMajority: boolean;
  /** Milliseconds after which the others elect another primary. */
  readonly electionTimeout: number;
  /** What cannot be promised here, and what to do about it: sentences for the log. */
  readonly warnings: readonly string[];
}

const UNAUTHORIZED = 13;
/** MongoDB's own default, in milliseconds. */
const ELECTION_TIMEOUT = 10 * SECOND;

/** Asks the database what it is. */
export async function inspectTopology(db: Db): Promise<Topology> {
  const hello = await orUnavailable(db.command({ hello: 1, maxTimeMS: MAX_TIME }));
  if (hello['setName'] !== undefined) return replicaSet(await configOf(db));
  const kind = hello['msg'] === 'isdbgrid' ? 'sharded' : 'standalone';
  const warnings = [kind === 'sharded' ? SHARDED : STANDALONE];
  return { kind, hasMajority: false, electionTimeout: ELECTION_TIMEOUT, warnings };
}

const STANDALONE =
  'MongoDB runs standalone: there is no failover, and a revocation is only as safe as one disk. ' +
  'Run it as a replica set, if only of one node';
const SHARDED =
  'MongoDB is reached through a mongos, behind which no primary can be proven: one that was cut off may be ' +
  'believed until it notices. Keep this database on a replica set of its own, and connect to that';
const NOT_PERMITTED =
  'The set does not tell its configuration to this user: electionTimeoutMillis is taken for 10000. ' +
  'Grant replSetGetConfig on the cluster (role clusterMonitor) to have it checked';
const ARBITER =
  'The replica set has an arbiter: with one data member down no revocation can be acknowledged. ' +
  'Make it a member with data';
const NO_JOURNAL =
  'writeConcernMajorityJournalDefault is off: a revocation that a majority has may be lost when all lose power';

/** The set's configuration; undefined where this user may not see it. */
async function configOf(db: Db): Promise<Document | undefined> {
  const asked = db.client.db('admin').command({ replSetGetConfig: 1, maxTimeMS: MAX_TIME });
  const isForbidden = (error: unknown) =>
    error instanceof MongoServerError && error.code === UNAUTHORIZED;
  try {
    return (await orUnavailable(asked, isForbidden))['config'];
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function replicaSet(config: Document | undefined): Topology {
  const members: Document[] = config?.['members'] ?? [];
  const hasArbiter = members.some((member) => member['arbiterOnly']);
  const isJournaled = config?.['writeConcernMajorityJournalDefault'] ?? true;
  return {
    kind: 'replica set',
    hasMajority: config === undefined || members.filter((member) => member['votes'] > 0).length > 1,
    electionTimeout: config?.['settings']?.electionTimeoutMillis ?? ELECTION_TIMEOUT,
    warnings: [
      ...(config === undefined ? [NOT_PERMITTED] : []),
      ...(hasArbiter ? [ARBITER] : []),
      ...(isJournaled ? [] : [NO_JOURNAL]),
    ],
  };
}
