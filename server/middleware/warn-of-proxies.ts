import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { normalizeIp } from '../../lib/ip-address.ts';

/** Headers in which proxies tell the address of a client. Only the first one is ever believed. */
const HEADERS = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP'] as const;

/**
 * Logs one warning, at the first request which shows that TRUST_PROXY is not the number of proxies before the
 * server: login limits would turn all clients away together, or believe the address that a client gave itself.
 */
export function warnOfProxies(log: Logger, trustProxy: number): Middleware {
  let isTold = false;
  return function warnOfProxies(ctx, next) {
    const warning = isTold ? undefined : warningFor(trustProxy, (name) => ctx.get(name));
    if (warning !== undefined) {
      isTold = true;
      log.warn({ trust_proxy: trustProxy }, warning);
    }
    return next();
  };
}

function warningFor(trustProxy: number, get: (name: string) => string): string | undefined {
  return trustProxy === 0 ? warnOfUntrusted(get) : warnOfOthers(trustProxy, get(HEADERS[0]));
}

function warnOfUntrusted(get: (name: string) => string): string | undefined {
  const header = HEADERS.find((name) => get(name) !== '');
  if (header === undefined) return undefined;
  return (
    `A request carries ${header}, which is not believed: TRUST_PROXY is 0. Behind a proxy all clients then count ` +
    'as one address, and the failed logins of some turn everyone away. Set TRUST_PROXY to the number of proxies ' +
    'before the server that add to X-Forwarded-For. Where there is none, a client made the header up'
  );
}

/** A proxy's own health check may carry nothing; a request that it passes on carries an address. */
function warnOfOthers(trustProxy: number, header: string): string | undefined {
  if (header === '') return undefined;
  const entries = header.split(',');
  const believed = entries.at(-trustProxy);
  if (believed === undefined) {
    return (
      `A request carries fewer addresses in X-Forwarded-For (${entries.length}) than TRUST_PROXY says ` +
      `(${trustProxy}): with fewer proxies than that a client can give itself any address. Set TRUST_PROXY to the ` +
      'number of proxies that every request passes'
    );
  }
  if (normalizeIp(believed) !== undefined) return undefined;
  return (
    'X-Forwarded-For has no IP address where TRUST_PROXY believes one: such clients count together, under the ' +
    'address of the proxy. Let the proxy write the address of the client, or set TRUST_PROXY right'
  );
}
