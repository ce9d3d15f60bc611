import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Returns an address in normal form. An IPv6 address is shortened and in lower case; an IPv4 address that is written
 * as IPv6 becomes plain IPv4. Removes a port, brackets, quotes and a zone id, which some proxies add.
 * Returns undefined if the text is not an address.
 */
export function normalizeIp(text: string): string | undefined {
  const plain = text.startsWith('::ffff:') ? text.slice(7) : text; // IPv4 on a dual-stack socket
  if (isIPv4(plain)) return plain; // fast path: every request calls this
  const address = parseIp(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address?.toString();
}

/** Returns the part of an address that identifies a subscriber: a whole IPv4 address, or the /64 of an IPv6 address. */
export function toSubscriber(ip: string): string {
  return takePrefix(ip, { ipv4: 4, ipv6: 8 });
}

/** Returns the part of an address that identifies a network: the /24 of an IPv4, or the /48 of an IPv6 address. */
export function toNetwork(ip: string): string {
  return takePrefix(ip, { ipv4: 3, ipv6: 6 });
}

/** Returns true for an IPv6 address that does not represent an IPv4 address. */
export function isIpv6(ip: string): boolean {
  return withoutNat64(parseIp(ip)) instanceof ipaddr.IPv6;
}

/** Returns the first `lengths.ipv4` or `lengths.ipv6` bytes of an address, or the text if it is not an address. */
function takePrefix(ip: string, lengths: Readonly<Record<'ipv4' | 'ipv6', number>>): string {
  const address = withoutNat64(parseIp(ip));
  if (address === undefined) return ip;
  return address.toByteArray().slice(0, lengths[address.kind()]).join('.');
}

/** Replaces a NAT64 address (RFC 6052) by its IPv4 address, since many subscribers share a /64 of NAT64. */
function withoutNat64(address: Address | undefined): Address | undefined {
  if (address?.range() !== 'rfc6052') return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(12));
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The longest text that is parsed. An IPv6 address has up to 45 characters, and a zone id and a port may follow. */
const LONGEST = 100;

function parseIp(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  const bare = withoutPort(text.trim().replace(/^"(.*)"$/, '$1')).replace(/%.*$/, '');
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

/** Removes a port, because some proxies write `192.0.2.1:5678` or `[2001:db8::1]:5678` into X-Forwarded-For. */
function withoutPort(text: string): string {
  const [, v6, v4] = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(text) ?? [];
  return v6 ?? v4 ?? text;
}
