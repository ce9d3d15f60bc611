import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { SECOND } from '../time.ts';

/** The parts of a URI that count. */
export interface ConnectionUri {
  /** The same, without the options that are not its own to set. */
  readonly uri: string;
  readonly databaseName: string;
  /** The names of its options that are set otherwise here, as the URI has them. */
  readonly overridden: readonly string[];
  /** In milliseconds: its own where that is the smaller one. */
  readonly maxIdleTimeMS: number;
}

/** The URI can be read, and what it says cannot be used. The message begins with a verb, and repeats no secret. */
export class UnusableUri extends TypeError {
  override readonly name = 'UnusableUri';
}

const DEFAULT_DATABASE = 'rescind';

/** Milliseconds after which an idle connection is not used again: some firewalls forget it after a minute. */
const LONGEST_IDLE = 45 * SECOND;

/** Options that say how the database is reached, and by whom. */
const REACHING = /^(replicaSet|(tls|ssl|auth|gssapi|srv|proxy|autoSelectFamily).*|family)$/i;

/** Options by which a connection costs less, and nothing is decided. */
const TUNING = /^(compressors|zlibCompressionLevel|minPoolSize|maxConnecting|maxIdleTimeMS)$/i;

/** Values that are no news: what rescind does whatever the URI says. */
const AS_HERE: Readonly<Record<string, string>> = {
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

/** Reads a URI. Throws UnusableUri for one that names what cannot be used, and the driver's error for one that it cannot read. */
export function readUri(text: string): ConnectionUri {
  const uri = new ConnectionString(text);
  const databaseName = databaseOf(uri);
  void new MongoClient(text).close(); // so that what is taken out below is known to be options
  if (optionOf(uri, 'loadBalanced')?.toLowerCase() === 'true') {
    throw new UnusableUri(
      'asks for loadBalanced, behind which no primary can be told. Leave it out',
    );
  }
  const idle = Number(optionOf(uri, 'maxIdleTimeMS') ?? LONGEST_IDLE);
  const maxIdleTimeMS = idle > 0 ? Math.min(idle, LONGEST_IDLE) : LONGEST_IDLE;
  const overridden = takeOut(uri, (name) => !REACHING.test(name) && !TUNING.test(name));
  if (idle !== maxIdleTimeMS)
    overridden.push(...takeOut(uri, (name) => /^maxIdleTimeMS$/i.test(name)));
  return { uri: uri.href, databaseName, overridden, maxIdleTimeMS };
}

/** Deletes options, and answers the names of those that change something. */
function takeOut(uri: ConnectionString, isChosen: (name: string) => boolean): string[] {
  const chosen = [...new Set(uri.searchParams.keys())].filter(isChosen);
  const isNews = (name: string) =>
    uri.searchParams.get(name)?.toLowerCase() !== AS_HERE[name.toLowerCase()];
  const told = chosen.filter(isNews);
  for (const name of chosen) uri.searchParams.delete(name);
  return told;
}

function optionOf(uri: ConnectionString, name: string): string | undefined {
  const found = [...uri.searchParams].find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1];
}

/** The sentence on a URI that wants to keep more connections than there may be; undefined where it does not. */
export function poolFault(text: string, mostConnections: number): string | undefined {
  const least = Number(optionOf(new ConnectionString(text), 'minPoolSize') ?? 0);
  if (least <= mostConnections) return undefined;
  return `asks for minPoolSize=${least}, and there may be at most ${mostConnections} connections. Lower the one or raise the other`;
}

function databaseOf(uri: ConnectionString): string {
  const name = decoded(uri.pathname.slice(1)) || DEFAULT_DATABASE;
  const fault = databaseFault(name);
  if (fault !== undefined) throw new UnusableUri(`names a database that ${fault}`);
  return name;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new UnusableUri('has a path that is not percent-encoded: a % in it is written %25');
  }
}

const MOST_BYTES = 63;

/** The reason for which a database of this name cannot be used, and what to do; undefined for any other. */
export function databaseFault(name: string): string | undefined {
  if (/^(admin|config|local)$/i.test(name)) {
    return `is MongoDB's own: ${name.toLowerCase()}. Name another one, such as ${DEFAULT_DATABASE}`;
  }
  if (/[/\\. "$*<>:|?\0]/.test(name)) {
    return String.raw`MongoDB does not allow: / \ . " $ * < > : | ?, spaces and NUL are not for names`;
  }
  if (Buffer.byteLength(name) > MOST_BYTES) {
    return `MongoDB does not allow: a name has at most ${MOST_BYTES} bytes`;
  }
  return undefined;
}

export const MOST_CONNECTIONS = 1_000;
