import type { MongoClient } from 'mongodb';
import { onTopologyChange } from './topology-changes.ts';

/** A server as the driver describes it. */
interface Described {
  readonly error?: unknown;
  readonly isWritable?: boolean;
}

/** The driver's view of the servers when it could select none of them. */
interface Reason {
  readonly servers: ReadonlyMap<string, Described>;
  readonly setName: string | null;
  /** The version of the set's configuration; null until a primary has been reached. */
  readonly maxSetVersion: number | null;
}

const REMEDY = 'Is it running, and is the connection URI right?';

/** Explains why no server can be reached, and what to do. Returns undefined for any other error. */
export function whyUnreachable(error: unknown): string | undefined {
  const reason = findReason(error);
  return reason === undefined ? unresolvedService(error) : explain(reason);
}

/** Explains a failed DNS lookup, by which the driver finds the servers of a mongodb+srv:// URI. */
function unresolvedService(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'hostname' in error)) return undefined;
  const { syscall, hostname } = error;
  if (syscall !== 'querySrv') return undefined;
  return `MongoDB did not answer: DNS returned no servers for mongodb+srv:// (SRV record ${hostname}). Is the name in the connection URI right, and does DNS work on this machine?`;
}

/** Keeps the reason why a client reaches no primary, because only one of many concurrent errors contains the reason. */
export function watchReach(client: MongoClient) {
  let last: Reason | undefined;
  const stop = onTopologyChange(client, (description) => {
    const servers = [...description.servers.values()];
    if (servers.some(({ isWritable }) => isWritable)) last = undefined;
    else if (servers.some(({ error }) => error) || isEmptySet(description)) last = description;
  });
  return {
    /** Explains why no primary can be reached. Returns undefined if there is a primary, or if the reason is unknown. */
    why: (): string | undefined => last && explain(last),
    stop,
  };
}

function isEmptySet({ servers, setName }: Reason): boolean {
  return servers.size === 0 && setName !== null;
}

function explain(reason: Reason): string {
  const { servers, setName } = reason;
  if (servers.size === 0) {
    return `MongoDB did not answer: the option replicaSet of the connection URI names the set ${setName}, but no server of the URI is a member of it. Correct the name of the set (see rs.conf()._id). Remove the option if the server runs without a replica set`;
  }
  const unresolved = [...servers].filter(([, { error }]) => isUnresolved(collectCodes(error)));
  if (setName !== null && unresolved.length > 0) {
    return unresolvedMembers(reason, unresolved.map(([address]) => address).join(', '));
  }
  const faults = [...servers].map(([address, server]) => describeServer(address, server));
  return `MongoDB did not answer: ${faults.join('; ')}. ${REMEDY}`;
}

function findReason(error: unknown): Reason | undefined {
  if (!(error instanceof Error && 'reason' in error)) return undefined;
  const { reason } = error;
  const isReason = typeof reason === 'object' && reason !== null && 'servers' in reason;
  return isReason && reason.servers instanceof Map ? (reason as Reason) : undefined;
}

function unresolvedMembers({ setName, maxSetVersion }: Reason, names: string): string {
  const remedy =
    'Make these names resolve here, by DNS or /etc/hosts, or rename the members of the set (rs.reconfig)';
  const whose =
    maxSetVersion === null
      ? `in the connection URI or in the configuration of the replica set ${setName}`
      : `in the configuration of the reached replica set ${setName}`;
  return `MongoDB did not answer: names of members ${whose} do not resolve on this machine: ${names}. Clients use the names in the set's configuration, not those in the connection URI. ${remedy}`;
}

/** Returns the class names and system codes of an error and its causes, the outermost first. */
function collectCodes(error: unknown): string {
  const codes: string[] = [];
  for (let inner = error; inner instanceof Error && codes.length < 10; inner = inner.cause) {
    codes.push(inner.name);
    if ('code' in inner && typeof inner.code === 'string') codes.push(inner.code);
  }
  return codes.join(' ');
}

function isUnresolved(codes: string): boolean {
  return /ENOTFOUND|EAI_/.test(codes);
}

const CERTIFICATE = /\b(CERT_\w+|\w+_CERT\w*|ERR_TLS_CERT\w+|UNABLE_TO_\w+)\b/;

function describeServer(address: string, { error }: Described): string {
  if (!(error instanceof Error)) return `${address} answers, but is not a primary`;
  const codes = collectCodes(error);
  const [certificate] = CERTIFICATE.exec(codes) ?? [];
  if (isUnresolved(codes)) return `the name of ${address} does not resolve on this machine`;
  if (codes.includes('ECONNREFUSED')) return `${address} refuses connections`;
  if (certificate) return `the certificate of ${address} is not accepted (${certificate})`;
  if (/EPROTO|ERR_SSL/.test(codes))
    return `${address} does not use TLS, which the connection URI requires`;
  if (/Timeout|ETIMEDOUT/.test(codes)) return `${address} did not answer in time`;
  if (/UNREACH/.test(codes)) return `there is no route to ${address}`;
  if (/ECONNRESET|EPIPE|MongoNetworkError/.test(codes)) {
    return `${address} closes each connection, perhaps because only one side uses TLS (tls=true in the connection URI)`;
  }
  return `${address} cannot be used (${codes.split(' ')[0]})`;
}
