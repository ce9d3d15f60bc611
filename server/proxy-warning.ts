import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import { normalizeIp } from '../lib/ip-address.ts';

/** Headers in which proxies send the address of a client. The server reads only X-Forwarded-For. */
const FORWARDED = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP'] as const;

const FORWARDED_KEYS = FORWARDED.map((name) => name.toLowerCase());

/** Returns true for a request with a header of FORWARDED, which a proxy or the client may have set. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return FORWARDED_KEYS.some((key) => headers[key] !== undefined);
}

/**
 * Returns a function that logs a warning for the first request that contradicts TRUST_PROXY. If TRUST_PROXY is wrong,
 * login limits count all clients as one address, or count an address that a client made up.
 */
export function createProxyWarning(log: Logger, trustProxy: number): (ctx: Context) => void {
  let isLogged = false;
  return function warnOfProxies(ctx) {
    const warning = isLogged ? undefined : findWarning(trustProxy, (name) => ctx.get(name));
    if (warning === undefined) return;
    isLogged = true;
    log.warn({ trust_proxy: trustProxy }, warning);
  };
}

function findWarning(trustProxy: number, get: (name: string) => string): string | undefined {
  return trustProxy === 0 ? findIgnored(get) : findMismatch(trustProxy, get(FORWARDED[0]));
}

function findIgnored(get: (name: string) => string): string | undefined {
  const header = FORWARDED.find((name) => get(name) !== '');
  if (header === undefined) return undefined;
  return (
    `A request has the header ${header}, which is ignored because TRUST_PROXY is 0. Behind a proxy all clients ` +
    'then count as one address, and failed logins of one client lock out all clients. Set TRUST_PROXY to the number ' +
    'of proxies that add to X-Forwarded-For. If there is no proxy, a client made up the header, and 0 is right'
  );
}

/** Returns a warning if X-Forwarded-For contradicts TRUST_PROXY. Ignores a missing header, e.g. in health checks. */
function findMismatch(trustProxy: number, header: string): string | undefined {
  if (header === '') return undefined;
  const entries = header.split(',');
  const client = entries.at(-trustProxy);
  if (client === undefined) {
    return (
      `A request has fewer addresses in X-Forwarded-For (${entries.length}) than TRUST_PROXY (${trustProxy}). ` +
      'If TRUST_PROXY is too high, clients can make up their address. Set TRUST_PROXY to the number of proxies ' +
      'that every request passes'
    );
  }
  if (normalizeIp(client) !== undefined) return undefined;
  return (
    'X-Forwarded-For has no IP address at the position that TRUST_PROXY selects. Login limits then count the ' +
    'address of the proxy. Let the proxy send the IP address of the client, or correct TRUST_PROXY'
  );
}
