import { type Db, type Document, MongoServerError } from 'mongodb';
import { SECOND } from '../../time.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';

/** The kind of deployment, as far as a guarantee depends on it. */
export interface Deployment {
  readonly kind: 'standalone' | 'replica set' | 'sharded';
  /** True if more than one member votes or may vote: a primary can then be cut off from its majority. */
  readonly hasSeveralVoters: boolean;
  /** Milliseconds after which the other members elect another primary. */
  readonly electionTimeout: number;
  /** Sentences for the log on missing guarantees, and what to do. */
  readonly warnings: readonly string[];
}

/** MongoDB's own default, in milliseconds. */
const ELECTION_TIMEOUT = 10 * SECOND;

/** Reads the kind and the configuration of the deployment. */
export async function inspectDeployment(db: Db): Promise<Deployment> {
  const hello = await orRefusal(db.command({ hello: 1, maxTimeMS: MAX_TIME }));
  if (typeof hello === 'string') return replicaSet(hello);
  if (hello['setName'] !== undefined) return replicaSet(await readConfig(db));
  const kind = hello['msg'] === 'isdbgrid' ? 'sharded' : 'standalone';
  const warnings = [kind === 'sharded' ? SHARDED : STANDALONE];
  return { kind, hasSeveralVoters: false, electionTimeout: ELECTION_TIMEOUT, warnings };
}

const STANDALONE =
  'MongoDB runs standalone: there is no failover, and a revocation is only as safe as one disk. ' +
  'Run it as a replica set, if only of one node';
const SHARDED =
  'MongoDB is reached through a mongos, behind which no primary can be proven: one that was cut off may ' +
  'serve reads until it steps down. Keep this database on a replica set of its own, and connect to that';
const ASSUMED =
  'several members are taken to vote, and electionTimeoutMillis for 10000. ' +
  'If only that privilege is missing, grant replSetGetConfig on the cluster (role clusterMonitor)';
const ARBITER =
  'The replica set has an arbiter: with one data member down no revocation can be acknowledged. ' +
  'Make it a member with data';
const NO_JOURNAL =
  'writeConcernMajorityJournalDefault is off: a revocation that a majority has may be lost in a power failure of all members';

/** Returns the set's configuration, or the reason why it cannot be read. */
async function readConfig(db: Db): Promise<Document | string> {
  const command = { replSetGetConfig: 1, maxTimeMS: MAX_TIME };
  const answer = await orRefusal(db.client.db('admin').command(command));
  if (typeof answer === 'string') return answer;
  const config: Document | undefined = answer['config'];
  return config !== undefined && Array.isArray(config['members']) ? config : 'no configuration';
}

/** Returns the result of a command, or the name of the error with which the database refuses it. */
async function orRefusal(command: Promise<Document>): Promise<Document | string> {
  try {
    return await orUnavailable(command, isRefusal);
  } catch (error) {
    if (isRefusal(error)) return error.codeName || `error ${error.code}`;
    throw error;
  }
}

/** Codes of transient errors: no primary, a shutdown, an election, a timeout, the network between servers. */
const TRANSIENT = new Set([6, 7, 50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** The code of AuthenticationFailed, which concerns every command. */
const AUTHENTICATION_FAILED = 18;

/**
 * Returns true if a retry does not help: the user lacks the privilege (13), or the command is missing in the API version
 * (323), on a shared cluster (8000) or on another system with MongoDB's protocol (59), or for any reason not transient.
 */
function isRefusal(error: unknown): error is MongoServerError {
  if (!(error instanceof MongoServerError)) return false;
  return !TRANSIENT.has(Number(error.code)) && error.code !== AUTHENTICATION_FAILED;
}

function replicaSet(config: Document | string): Deployment {
  if (typeof config === 'string') {
    const warning = `The set does not return its configuration (${config}): ${ASSUMED}`;
    return {
      kind: 'replica set',
      hasSeveralVoters: true,
      electionTimeout: ELECTION_TIMEOUT,
      warnings: [warning],
    };
  }
  const members: Document[] = config['members'] ?? [];
  const hasArbiter = members.some((member) => member['arbiterOnly']);
  const isJournaled = config['writeConcernMajorityJournalDefault'] ?? true;
  return {
    kind: 'replica set',
    hasSeveralVoters: members.filter(({ votes = 1 }) => votes > 0).length > 1,
    electionTimeout: config['settings']?.electionTimeoutMillis ?? ELECTION_TIMEOUT,
    warnings: [...(hasArbiter ? [ARBITER] : []), ...(isJournaled ? [] : [NO_JOURNAL])],
  };
}
