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

/** MongoDB's own default, in milliseconds. */
const ELECTION_TIMEOUT = 10 * SECOND;

/** Asks the database what it is. */
export async function inspectTopology(db: Db): Promise<Topology> {
  const hello = await answerTo(db.command({ hello: 1, maxTimeMS: MAX_TIME }));
  if (typeof hello === 'string') return replicaSet(hello);
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
const ASSUMED =
  'several members are taken to vote, and electionTimeoutMillis for 10000. ' +
  'Where that is only a right that is missing, grant replSetGetConfig on the cluster (role clusterMonitor) to have it checked';
const ARBITER =
  'The replica set has an arbiter: with one data member down no revocation can be acknowledged. ' +
  'Make it a member with data';
const NO_JOURNAL =
  'writeConcernMajorityJournalDefault is off: a revocation that a majority has may be lost when all lose power';

/** The set's configuration, or the reason for which there is none. */
async function configOf(db: Db): Promise<Document | string> {
  const command = { replSetGetConfig: 1, maxTimeMS: MAX_TIME };
  const answer = await answerTo(db.client.db('admin').command(command));
  if (typeof answer === 'string') return answer;
  const config: Document | undefined = answer['config'];
  return config !== undefined && Array.isArray(config['members']) ? config : 'no configuration';
}

/** Returns the database's answer, or the name of the error with which it refuses. */
async function answerTo(asked: Promise<Document>): Promise<Document | string> {
  try {
    return await orUnavailable(asked, isRefusal);
  } catch (error) {
    if (isRefusal(error)) return error.codeName || `error ${error.code}`;
    throw error;
  }
}

/** Codes of what passes: no primary, a shutdown, an election, time that ran out, a network between servers. */
const PASSING = new Set([6, 7, 50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** AuthenticationFailed is about all that is asked. */
const NO_LOGIN = 18;

/**
 * The database answers, and does not tell: the user has no right to it (13), the API's version does not have it (323),
 * nor a shared cluster (8000), nor what only speaks MongoDB's protocol (59), or whatever else it says.
 */
function isRefusal(error: unknown): error is MongoServerError {
  if (!(error instanceof MongoServerError)) return false;
  return !PASSING.has(Number(error.code)) && error.code !== NO_LOGIN;
}

function replicaSet(told: Document | string): Topology {
  if (typeof told === 'string') {
    const warning = `The set does not tell its configuration (${told}): ${ASSUMED}`;
    return {
      kind: 'replica set',
      hasMajority: true,
      electionTimeout: ELECTION_TIMEOUT,
      warnings: [warning],
    };
  }
  const members: Document[] = told['members'] ?? [];
  const hasArbiter = members.some((member) => member['arbiterOnly']);
  const isJournaled = told['writeConcernMajorityJournalDefault'] ?? true;
  return {
    kind: 'replica set',
    hasMajority: members.filter(({ votes = 1 }) => votes > 0).length > 1,
    electionTimeout: told['settings']?.electionTimeoutMillis ?? ELECTION_TIMEOUT,
    warnings: [...(hasArbiter ? [ARBITER] : []), ...(isJournaled ? [] : [NO_JOURNAL])],
  };
}
