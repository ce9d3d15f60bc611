import { BlockList, isIP } from 'node:net';
import { ConnectionString } from 'mongodb-connection-string-url';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * Checks that a MongoDB connection string names only this machine.
 *
 * @returns undefined if every host is a loopback address, else a reason. The reason may name hosts, but never
 *   repeats the whole connection string, which may contain a password.
 */
export function leadsAway(uri: string): string | undefined {
  const parsed = parse(uri);
  if (!parsed) return 'it is not a valid MongoDB connection string';
  if (parsed.isSRV) return 'its hosts come from the DNS (mongodb+srv://)';
  if (parsed.typedSearchParams<{ proxyHost: string }>().has('proxyHost')) {
    return 'it goes through a proxy (proxyHost)';
  }
  const away = parsed.hosts.filter((host) => !isLoopback(host));
  return away.length === 0 ? undefined : `it names ${away.map(decode).join(', ')}`;
}

function parse(uri: string): ConnectionString | undefined {
  try {
    return new ConnectionString(uri);
  } catch {
    return undefined; // drops the parser's message, because it repeats parts of the string
  }
}

function isLoopback(hostAndPort: string): boolean {
  const host = hostAndPort.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function decode(host: string): string {
  return host.replaceAll('%2F', '/');
}
