import { type Db, type Document, MongoServerError } from 'mongodb';
import type { Log } from '../../log.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { TRANSIENT_CODES } from './transient-codes.ts';

/** The properties of a deployment on which guarantees depend. */
export interface Deployment {
  readonly kind: 'standalone' | 'replica set' | 'sharded';
  /**
   * True if more than one member votes, or if this is unknown, as behind a mongos. The primary of such a set can lose
   * its majority.
   */
  readonly hasSeveralVoters: boolean;
  /** Sentences for the log. Each describes a fault of the deployment, and what to do. */
  readonly warnings: readonly string[];
}

/** Reads the kind and the configuration of the deployment. */
export async function inspectDeployment(db: Db): Promise<Deployment> {
  const hello = await orRefusal(db.command({ hello: 1, maxTimeMS: MAX_TIME }));
  if (typeof hello === 'string') return replicaSet(hello);
  if (hello['setName'] !== undefined) return replicaSet(await readConfig(db));
  return hello['msg'] === 'isdbgrid'
    ? { kind: 'sharded', hasSeveralVoters: true, warnings: [SHARDED] }
    : { kind: 'standalone', hasSeveralVoters: false, warnings: [STANDALONE] };
}

const STANDALONE =
  'MongoDB runs standalone: there is no failover, and a revocation is only as safe as one disk. ' +
  'Run it as a replica set, which may have a single node';
const SHARDED =
  'MongoDB is reached through a mongos, so every check waits for a majority. ' +
  'Keep this database on a replica set of its own, and connect to that set';
const ASSUMED =
  'rescind assumes several voting members, and every strict read waits for a majority. ' +
  'If the user lacks the privilege replSetGetConfig on the cluster, grant it (role clusterMonitor)';
const ARBITER =
  'The replica set has an arbiter: while a data member is down, no revocation can be acknowledged. ' +
  'Replace the arbiter by a member with data';
const NO_JOURNAL =
  'writeConcernMajorityJournalDefault is off: a power failure of all members may lose a revocation that a majority has. Set this option to true';

/** Returns the configuration of the replica set, or the reason why it cannot be read. */
async function readConfig(db: Db): Promise<Document | string> {
  const command = { replSetGetConfig: 1, maxTimeMS: MAX_TIME };
  const answer = await orRefusal(db.client.db('admin').command(command));
  if (typeof answer === 'string') return answer;
  const config: Document | undefined = answer['config'];
  return config !== undefined && Array.isArray(config['members']) ? config : 'no configuration';
}

/** Returns the result of a command. If the database refuses the command, returns the name of the error. */
async function orRefusal(command: Promise<Document>): Promise<Document | string> {
  try {
    return await orUnavailable(command, isRefusal);
  } catch (error) {
    if (isRefusal(error)) return error.codeName || `error ${error.code}`;
    throw error;
  }
}

/** Codes of errors that a retry of the command may resolve: also a timeout of the command (50). */
const TRANSIENT: ReadonlySet<number> = new Set([...TRANSIENT_CODES, 50]);

/** The code of AuthenticationFailed. Every command fails with it, so it is not the refusal of a certain command. */
const AUTHENTICATION_FAILED = 18;

/**
 * Returns true if the database always refuses the command. Examples: the user lacks the privilege (13); the command is
 * missing in the API version (323), on a shared cluster (8000), or on another system with MongoDB's protocol (59).
 */
function isRefusal(error: unknown): error is MongoServerError {
  if (!(error instanceof MongoServerError)) return false;
  return !TRANSIENT.has(Number(error.code)) && error.code !== AUTHENTICATION_FAILED;
}

function replicaSet(config: Document | string): Deployment {
  if (typeof config === 'string') {
    const warning = `The configuration of the replica set cannot be read (${config}), so ${ASSUMED}`;
    return { kind: 'replica set', hasSeveralVoters: true, warnings: [warning] };
  }
  const members: Document[] = config['members'] ?? [];
  const hasArbiter = members.some((member) => member['arbiterOnly']);
  const isJournaled = config['writeConcernMajorityJournalDefault'] ?? true;
  return {
    kind: 'replica set',
    hasSeveralVoters: members.filter(({ votes = 1 }) => votes > 0).length > 1,
    warnings: [...(hasArbiter ? [ARBITER] : []), ...(isJournaled ? [] : [NO_JOURNAL])],
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
