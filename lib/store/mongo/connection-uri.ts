import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { SECOND } from '../../time.ts';

/** The parts of a connection URI that are used. */
export interface ConnectionUri {
  /** The URI without the options that rescind sets itself. */
  readonly uri: string;
  readonly databaseName: string;
  /** Names of the options that rescind overrides, as spelled in the URI. */
  readonly overridden: readonly string[];
  /** Milliseconds after which the driver closes an idle connection: the URI's value, but at most 45 seconds. */
  readonly maxIdleTimeMS: number;
}

/** The error of a URI that can be parsed but not used. `fault` is a phrase about the URI, without secrets. */
export class UnusableUri extends TypeError {
  override readonly name = 'UnusableUri';
  readonly fault: string;

  constructor(fault: string) {
    super(`"uri" ${fault}`);
    this.fault = fault;
  }
}

const DEFAULT_DATABASE = 'rescind';

/** Milliseconds after which an idle connection is closed, because some firewalls drop it after a minute. */
const LONGEST_IDLE = 45 * SECOND;

/** Options of the URI that are kept, because they are needed to reach the database or to authenticate. */
const REACHING = /^(replicaSet|(tls|ssl|auth|gssapi|srv|proxy|autoSelectFamily).*|family)$/i;

/** Options of the URI that are kept, because they tune connections and affect no guarantee. */
const TUNING = /^(compressors|zlibCompressionLevel|minPoolSize|maxConnecting|maxIdleTimeMS)$/i;

/** Values that rescind sets itself. A URI that sets the same value needs no warning. */
const OWN_VALUES: Readonly<Record<string, string>> = {
  directconnection: 'false',
  loadbalanced: 'false',
  readpreference: 'primary',
  readconcernlevel: 'local',
  w: 'majority',
  j: 'true',
  journal: 'true',
  retryreads: 'true',
  retrywrites: 'true',
};

/** Parses a URI. Throws UnusableUri if it cannot be used, and the driver's error if it cannot be parsed. */
export function readUri(text: string): ConnectionUri {
  const uri = new ConnectionString(text);
  const databaseName = readDatabaseName(uri);
  void new MongoClient(text).close(); // throws on unknown options
  if (findOption(uri, 'loadBalanced')?.toLowerCase() === 'true') {
    throw new UnusableUri('sets loadBalanced, which hides the primary. Remove the option');
  }
  const idle = Number(findOption(uri, 'maxIdleTimeMS') ?? LONGEST_IDLE);
  const maxIdleTimeMS = idle > 0 ? Math.min(idle, LONGEST_IDLE) : LONGEST_IDLE;
  const overridden = removeOptions(uri, (name) => !REACHING.test(name) && !TUNING.test(name));
  if (idle !== maxIdleTimeMS)
    overridden.push(...removeOptions(uri, (name) => /^maxIdleTimeMS$/i.test(name)));
  return { uri: uri.href, databaseName, overridden, maxIdleTimeMS };
}

/** Deletes the chosen options. Returns the names of those whose values differ from rescind's own. */
function removeOptions(uri: ConnectionString, isChosen: (name: string) => boolean): string[] {
  const chosen = [...new Set(uri.searchParams.keys())].filter(isChosen);
  const differs = (name: string) =>
    uri.searchParams.get(name)?.toLowerCase() !== OWN_VALUES[name.toLowerCase()];
  const overridden = chosen.filter(differs);
  for (const name of chosen) uri.searchParams.delete(name);
  return overridden;
}

function findOption(uri: ConnectionString, name: string): string | undefined {
  const found = [...uri.searchParams].find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1];
}

/**
 * Returns a phrase if `minPoolSize` in the URI exceeds the limit of connections, and undefined otherwise. The phrase
 * calls the limit `limitName`.
 */
export function poolFault(
  text: string,
  mostConnections: number,
  limitName = '"maxPoolSize"',
): string | undefined {
  const least = Number(findOption(new ConnectionString(text), 'minPoolSize') ?? 0);
  if (least <= mostConnections) return undefined;
  return `sets minPoolSize=${least}, but ${limitName} allows only ${mostConnections} connections. Lower minPoolSize or raise ${limitName}`;
}

function readDatabaseName(uri: ConnectionString): string {
  const name = decodePath(uri.pathname.slice(1)) || DEFAULT_DATABASE;
  const fault = databaseFault(name);
  if (fault !== undefined) throw new UnusableUri(`names a database that ${fault}`);
  return name;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new UnusableUri('has a path that is not percent-encoded. Write % as %25');
  }
}

const MOST_BYTES = 63;

/** Returns why a database of this name cannot be used, and what to do; undefined if the name can be used. */
export function databaseFault(name: string): string | undefined {
  if (/^(admin|config|local)$/i.test(name)) {
    return `is MongoDB's own: ${name.toLowerCase()}. Name another database, such as ${DEFAULT_DATABASE}`;
  }
  if (/[/\\. "$*<>:|?\0]/.test(name)) {
    return String.raw`MongoDB does not allow: / \ . " $ * < > : | ?, spaces and NUL cannot be part of a name`;
  }
  if (Buffer.byteLength(name) > MOST_BYTES) {
    return `MongoDB does not allow: a name has at most ${MOST_BYTES} bytes`;
  }
  return undefined;
}

export const MOST_CONNECTIONS = 1_000;
