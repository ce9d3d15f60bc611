import {
  type Collection,
  type Db,
  type Document,
  type Filter,
  type FindOptions,
  MongoClient,
  type MongoClientOptions,
  ReadPreference,
  type WithId,
} from 'mongodb';
import { errorWithoutData } from '../error-without-data.ts';
import { StoreNotReady, StoreUnavailable } from '../errors.ts';
import { SECOND } from '../time.ts';
import { type ConnectOptions, checkConnectOptions } from './connect-options.ts';
import {
  type ConnectionUri,
  databaseFault,
  poolFault,
  readUri,
  UnusableUri,
} from './connection-uri.ts';
import { refusingIndex } from './duplicate-keys.ts';
import { watchQuietConnections } from './quiet-connections.ts';
import { missingPrivilege } from './refused-commands.ts';
import { whyUnreachable } from './why-unreachable.ts';

export type { Db } from 'mongodb';

export interface Connection {
  readonly db: Db;
  /** The names of the URI's options that `connect` sets otherwise, such as `w`, `readPreference` or `maxPoolSize`. */
  readonly overridden: readonly string[];
  close(): Promise<void>;
}

/** The most connections to one server where nothing else is asked for. */
export const POOL_SIZE = 50;

/** How long one read or write may run on the server, in milliseconds. */
export const MAX_TIME = 2 * SECOND;

/** How long after a first connection that failed another is made, in milliseconds. */
const CONNECT_AGAIN_AFTER = SECOND / 2;

/** A write that a revocation or a login rests on: within 3 seconds on the disks of a majority, or not acknowledged. */
export const DURABLE = { w: 'majority', j: true, wtimeoutMS: 3 * SECOND } as const;

/**
 * Makes a client with every time-out set (the driver's own are infinite for sockets and for the
 * pool) and the database named in the URI's path, else `rescind`. Connects at the first use, and
 * again by itself after an outage. Of the URI's options those count that say how the database is reached. Throws the
 * driver's MongoParseError for a URI it cannot read, and a TypeError for one that is missing or names what cannot be used.
 */
export function connect(text: string, options: ConnectOptions = {}): Connection {
  assertUri(text);
  checkConnectOptions(options);
  const read = readUri(text);
  const { maxPoolSize = POOL_SIZE, deadline = DEADLINE, commandTimeout } = options;
  const fault = poolFault(text, maxPoolSize);
  if (fault !== undefined) throw new UnusableUri(fault);
  const client = new MongoClient(read.uri, clientOptions(read, options));
  keepConnecting(client);
  // a command that may take its time is not one that gives no answer
  const stopWatching =
    commandTimeout === undefined
      ? watchQuietConnections(client, { patience: deadline / 5 })
      : () => undefined;
  const close = () => {
    stopWatching();
    return client.close();
  };
  return { db: client.db(read.databaseName), overridden: read.overridden, close };
}

/** TypeError where the URI is missing, as of a variable that is not set. */
function assertUri(uri: unknown): void {
  if (typeof uri === 'string' && uri.trim() !== '') return;
  throw new TypeError('"uri" is missing: it must be a connection string, mongodb://…');
}

/**
 * The driver (7.9) leaves a client whose first connection fails closed for ever; so it is told to connect
 * again, until its owner closes it, whether by our `close` or by its own.
 */
function keepConnecting(client: MongoClient): void {
  const closeClient = client.close.bind(client);
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function connectAgain(): Promise<void> {
    await client.connect().catch(() => undefined);
    if (isClosed) await closeClient(); // closed while it looked up where to connect to
  }
  const again = () => {
    timer = setTimeout(() => void connectAgain(), CONNECT_AGAIN_AFTER);
  };
  client.on('topologyClosed', again);
  client.close = (force) => {
    isClosed = true;
    client.off('topologyClosed', again);
    clearTimeout(timer);
    return closeClient(force);
  };
}

/** TypeError for a database on which the answer of a secondary could not be told from the primary's. */
export function assertUsable(db: Db): void {
  if (typeof db?.collection !== 'function') {
    throw new TypeError('"db" must be a Db of the MongoDB driver');
  }
  if (db.client?.options === undefined) {
    throw new TypeError('"db" must be a Db of the MongoDB driver 7, which tells its client');
  }
  if (db.client.options.directConnection) {
    throw new TypeError('"db" must not use directConnection: a secondary could answer');
  }
  if (db.client.options.loadBalanced) {
    throw new TypeError('"db" must not use loadBalanced: no primary can be told behind it');
  }
  const fault = databaseFault(db.databaseName);
  if (fault !== undefined) throw new TypeError(`"db" is a database that ${fault}`);
  if (db.client.options.raw || db.bsonOptions?.raw) {
    throw new TypeError('"db" must not use the option raw: documents would be bytes');
  }
}

/** The reason for which `connect` refuses the URI; undefined where it takes it. Asks nothing of the network, and repeats no secret. */
export function uriFault(uri: string): string | undefined {
  try {
    void readUri(uri);
    return undefined;
  } catch (error) {
    if (error instanceof UnusableUri) return error.message;
    return 'is not a connection string that the MongoDB driver can read (mongodb://… or mongodb+srv://…), or has options that contradict each other';
  }
}

const DEADLINE = 5 * SECOND;

/** The milliseconds after which TCP keep-alive probes an idle connection, for firewalls that forget. */
const KEEP_ALIVE_AFTER = 20 * SECOND;

function clientOptions(read: ConnectionUri, options: ConnectOptions): MongoClientOptions {
  const { deadline = DEADLINE, commandTimeout = deadline, appName = 'rescind' } = options;
  return {
    directConnection: false, // a direct connection would let a secondary answer
    readPreference: ReadPreference.primary,
    retryReads: true,
    retryWrites: true,
    appName,
    maxPoolSize: options.maxPoolSize ?? POOL_SIZE,
    maxIdleTimeMS: read.maxIdleTimeMS,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER,
    waitQueueTimeoutMS: Math.ceil(deadline / 4),
    serverSelectionTimeoutMS: Math.ceil(deadline * 0.4),
    connectTimeoutMS: Math.ceil(deadline * 0.4),
    socketTimeoutMS: commandTimeout,
    heartbeatFrequencyMS: 2 * SECOND,
  };
}

/**
 * The answer of the database, or StoreUnavailable. Whatever goes wrong in a call to the store
 * means that nothing was decided; only `expected` errors pass through, for the caller to read.
 */
export async function orUnavailable<T>(
  call: Promise<T>,
  expected: (error: unknown) => boolean = () => false,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (expected(error) || error instanceof StoreUnavailable) throw error;
    const remedy = remedyOf(error);
    if (remedy !== undefined) throw new StoreNotReady(remedy, errorWithoutData(error));
    throw new StoreUnavailable(
      whyUnreachable(error) ?? UNANSWERED,
      errorWithoutData(error), // its owner may log it
    );
  }
}

/** The message where nothing more is known than the cause. */
export const UNANSWERED = 'The database did not answer as it must';

/** The documents with these ids, all in one reply: no cursor is left open, and none has to be read on. */
export function findByIds<T extends Document>(
  collection: Collection<T>,
  ids: readonly T['_id'][],
  projection: Document,
  more: Pick<FindOptions, 'readConcern'> = {},
): Promise<WithId<T>[]> {
  const filter = { _id: { $in: ids } } as Filter<T>;
  const options = { projection, maxTimeMS: MAX_TIME, batchSize: ids.length + 1, ...more };
  return orUnavailable(collection.find(filter, options).toArray());
}

/** Says what somebody has to do where waiting does not help; undefined where it may. */
function remedyOf(error: unknown): string | undefined {
  if (isRefusedLogin(error)) return CREDENTIALS_REFUSED;
  return missingPrivilege(error) ?? refusingIndex(error);
}

const CREDENTIALS_REFUSED = 'MongoDB refused the user and password in MONGODB_URI; set them right';

function isRefusedLogin(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 18; // AuthenticationFailed
}
