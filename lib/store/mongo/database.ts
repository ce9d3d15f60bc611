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
import { DEFAULTS } from '../../defaults.ts';
import { errorWithoutData } from '../../error-without-data.ts';
import { StoreNotReady, StoreUnavailable } from '../../errors.ts';
import { SECOND } from '../../time.ts';
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
import { accessFault } from './refused-commands.ts';
import { whyUnreachable } from './why-unreachable.ts';

export type { Db } from 'mongodb';

export interface Connection {
  readonly db: Db;
  /** Names of the URI's options that `connect` overrides, such as `w`, `readPreference` or `maxPoolSize`. */
  readonly overridden: readonly string[];
  close(): Promise<void>;
}

/** The default limit of connections to one server. */
export const POOL_SIZE = 50;

/** The timeout of one read or write on the server, in milliseconds. */
export const MAX_TIME = 2 * SECOND;

/** Milliseconds after which a failed first connection is retried. */
const CONNECT_AGAIN_AFTER = SECOND / 2;

/** The write concern of revocations and logins. A write succeeds only if a majority has it on disk within 3 seconds. */
export const DURABLE = { w: 'majority', j: true, wtimeoutMS: 3 * SECOND } as const;

/**
 * Creates a client for the database in the URI's path, or for `rescind` if the URI has no path. Sets every timeout,
 * because the driver's defaults for sockets and for the pool are infinite. The client connects at the first use, and
 * again after an outage. Uses only those options of the URI that reach the database or tune connections. Throws the
 * driver's MongoParseError for a URI that cannot be parsed, and a TypeError for a URI that is missing or cannot be
 * used.
 */
export function connect(text: string, options: ConnectOptions = {}): Connection {
  assertUri(text);
  checkConnectOptions(options);
  const read = readUri(text);
  const { maxPoolSize = POOL_SIZE, deadline = DEFAULTS.deadline, commandTimeout } = options;
  const fault = poolFault(text, maxPoolSize);
  if (fault !== undefined) throw new UnusableUri(fault);
  const client = new MongoClient(read.uri, clientOptions(read, options));
  keepConnecting(client);
  // A caller that sets `commandTimeout` has slow commands. A late response is then no sign of a dead connection.
  const stopWatching =
    commandTimeout === undefined
      ? watchQuietConnections(client, { timeout: deadline / 5 })
      : () => undefined;
  const close = () => {
    stopWatching();
    return client.close();
  };
  return { db: client.db(read.databaseName), overridden: read.overridden, close };
}

/** Throws TypeError if the URI is missing, e.g. because an environment variable is not set. */
function assertUri(uri: unknown): void {
  if (typeof uri === 'string' && uri.trim() !== '') return;
  throw new TypeError('"uri" is missing: it must be a connection string, mongodb://…');
}

/** Retries a failed first connection until the owner closes the client, because the driver (7.9) never retries it. */
function keepConnecting(client: MongoClient): void {
  const closeClient = client.close.bind(client);
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function connectAgain(): Promise<void> {
    await client.connect().catch(() => undefined);
    if (isClosed) await closeClient(); // the owner closed the client meanwhile
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

/** Throws TypeError for a database that cannot be used, e.g. because its client may read from a secondary. */
export function assertUsable(db: Db): void {
  if (typeof db?.collection !== 'function') {
    throw new TypeError('"db" must be a Db of the MongoDB driver');
  }
  if (db.client?.options === undefined) {
    throw new TypeError('"db" has no MongoClient in "db.client". Use a Db of the MongoDB driver 7');
  }
  if (db.client.options.directConnection) {
    throw new TypeError('"db" must not use directConnection, which may reach a secondary');
  }
  if (db.client.options.loadBalanced) {
    throw new TypeError('"db" must not use loadBalanced: it hides which server is the primary');
  }
  const fault = databaseFault(db.databaseName);
  if (fault !== undefined) throw new TypeError(`"db" is a database that ${fault}`);
  if (db.client.options.raw || db.bsonOptions?.raw) {
    throw new TypeError('"db" must not use the option raw: documents would be bytes');
  }
}

/** Returns why `connect` refuses the URI, without secrets; undefined if the URI is accepted. Makes no connection. */
export function uriFault(uri: string): string | undefined {
  try {
    void readUri(uri);
    return undefined;
  } catch (error) {
    if (error instanceof UnusableUri) return error.fault;
    return 'is not a connection string that the MongoDB driver can read (mongodb://… or mongodb+srv://…), or has options that contradict each other';
  }
}

/** Milliseconds after which TCP keep-alive probes an idle connection, so that firewalls see traffic and keep it. */
const KEEP_ALIVE_AFTER = 20 * SECOND;

function clientOptions(read: ConnectionUri, options: ConnectOptions): MongoClientOptions {
  const { deadline = DEFAULTS.deadline, commandTimeout = deadline, appName = 'rescind' } = options;
  return {
    directConnection: false, // a direct connection may reach a secondary
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
 * Returns the result of a call to the database. Throws StoreUnavailable if the call fails, because its caller must not
 * decide without the result. Errors for which `expected` returns true are thrown unchanged.
 */
export async function orUnavailable<T>(
  call: Promise<T>,
  expected: (error: unknown) => boolean = () => false,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (expected(error) || error instanceof StoreUnavailable) throw error;
    const fault = accessFault(error) ?? refusingIndex(error);
    if (fault !== undefined) throw new StoreNotReady(...fault, errorWithoutData(error));
    throw new StoreUnavailable(
      whyUnreachable(error) ?? UNANSWERED,
      errorWithoutData(error), // without data, because the caller may log it
    );
  }
}

/** The message of a generic error; the details are in its `cause`. */
export const UNANSWERED = 'Unexpected database error';

/** Returns the documents with these ids, all in one reply, so that no cursor stays open. */
export function findByIds<T extends Document>(
  collection: Collection<T>,
  ids: readonly T['_id'][],
  projection: Document,
  more: Pick<FindOptions, 'readConcern' | 'session'> = {},
): Promise<WithId<T>[]> {
  const filter = { _id: { $in: ids } } as Filter<T>;
  const options = { projection, maxTimeMS: MAX_TIME, batchSize: ids.length + 1, ...more };
  return orUnavailable(collection.find(filter, options).toArray());
}
