/** What came over the wire, names and values taking turns: Node itself keeps the first of two without a word. */
type RawHeaders = readonly string[];

/** How often a header was sent, by its name in lower case. */
export function timesSent(name: string, rawHeaders: RawHeaders): number {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) times++;
  }
  return times;
}

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Whether each name is one (RFC 9110 section 5.1): `Authorization ` with a space is none. */
export function areNames(rawHeaders: RawHeaders): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!TOKEN.test(rawHeaders[index] ?? '')) return false;
  }
  return true;
}

/** A host and a port, both of which may be missing (RFC 9110 section 7.2, RFC 3986 section 3.2.2). */
const HOST = /^(?:\[[\da-f:.]+(?:%25[\w.~-]+)?\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/** Tells whether the value of a Host header is one. */
export function isHost(value: string): boolean {
  return HOST.test(value);
}

/** The elements of a list in a header; empty ones do not count (RFC 9110 section 5.6.1.2). */
export function listOf(value: string): string[] {
  const elements = value.split(',').map((element) => element.trim());
  return elements.filter((element) => element !== '');
}
