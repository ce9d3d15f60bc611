/** Alternating names and values as received. Node's parsed headers silently keep only the first of duplicates. */
type RawHeaders = readonly string[];

/** Counts how often a header was sent. The name is in lower case. */
export function countHeader(name: string, rawHeaders: RawHeaders): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) count++;
  }
  return count;
}

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Checks that each name is a token (RFC 9110 section 5.1), which `Authorization ` with a space is not. */
export function hasValidNames(rawHeaders: RawHeaders): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!TOKEN.test(rawHeaders[index] ?? '')) return false;
  }
  return true;
}

/** An optional host and an optional port (RFC 9110 section 7.2, RFC 3986 section 3.2.2). */
const HOST = /^(?:\[[\da-f:.]+(?:%25[\w.~-]+)?\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/** Checks the value of a Host header. */
export function isHost(value: string): boolean {
  return HOST.test(value);
}

/**
 * Returns the single coding of a Content-Encoding header in lower case: `identity` for an empty one, undefined
 * for several codings. `x-gzip` is `gzip` (RFC 9110 sections 8.4 and 8.4.1.3).
 */
export function parseContentCoding(header: string): string | undefined {
  const [coding = 'identity', ...more] = splitList(header.toLowerCase());
  if (more.length > 0) return undefined;
  return coding === 'x-gzip' ? 'gzip' : coding;
}

/** Splits a list in a header, without its empty elements (RFC 9110 section 5.6.1.2). */
export function splitList(value: string): string[] {
  const elements = value.split(',').map((element) => element.trim());
  return elements.filter((element) => element !== '');
}
