import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Returns an address in its one spelling: an IPv4 address, also where it was written as IPv6, or an IPv6 address in
 * lower case, shortened. A port, brackets, quotes and a zone id around it are taken off, as proxies write them.
 * Returns undefined for anything else.
 */
export function normalizeIp(text: string): string | undefined {
  const plain = text.startsWith('::ffff:') ? text.slice(7) : text; // as a socket of both kinds has it
  if (isIPv4(plain)) return plain; // each request asks
  const address = parseIp(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address?.toString();
}

/** The part of an address that one subscriber has: an IPv4 address, or the /64 of an IPv6 address. */
export function subscriberOf(ip: string): string {
  return prefixOf(ip, { ipv4: 4, ipv6: 8 });
}

/** The part of an address that one network has: the /24 of an IPv4 address, or the /48 of an IPv6 address. */
export function networkOf(ip: string): string {
  return prefixOf(ip, { ipv4: 3, ipv6: 6 });
}

/** Returns true for an IPv6 address that stands for no IPv4 address. */
export function isIpv6(ip: string): boolean {
  return withoutNat64(parseIp(ip)) instanceof ipaddr.IPv6;
}

/** The first bytes of an address, so many for each kind. The text itself where it is no address. */
function prefixOf(ip: string, lengths: Readonly<Record<'ipv4' | 'ipv6', number>>): string {
  const address = withoutNat64(parseIp(ip));
  if (address === undefined) return ip;
  return address.toByteArray().slice(0, lengths[address.kind()]).join('.');
}

/** Behind a translator from IPv4 (RFC 6052) all IPv4 addresses are in one /96. */
function withoutNat64(address: Address | undefined): Address | undefined {
  if (address?.range() !== 'rfc6052') return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(12));
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An IPv6 address with a zone id and a port has 45 characters and some more. */
const LONGEST = 100;

function parseIp(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  const bare = withoutPort(text.trim().replace(/^"(.*)"$/, '$1')).replace(/%.*$/, '');
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

/** Some proxies write `192.0.2.1:5678` and `[2001:db8::1]:5678` into X-Forwarded-For. */
function withoutPort(text: string): string {
  const [, v6, v4] = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(text) ?? [];
  return v6 ?? v4 ?? text;
}
