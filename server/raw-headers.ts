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
