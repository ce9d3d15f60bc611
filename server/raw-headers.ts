/** Matches a valid header name (RFC 9110 section 5.1). `Authorization ` with a trailing space is invalid. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * Returns the single coding of a Content-Encoding header in lower case: `identity` for an empty header,
 * undefined for several codings. `x-gzip` counts as `gzip` (RFC 9110 sections 8.4 and 8.4.1.3).
 */
export function parseContentCoding(header: string): string | undefined {
  const [coding = 'identity', ...more] = splitList(header.toLowerCase());
  if (more.length > 0) return undefined;
  return coding === 'x-gzip' ? 'gzip' : coding;
}

/** Splits a list in a header and omits empty elements (RFC 9110 section 5.6.1.2). */
export function splitList(value: string): string[] {
  const elements = value.split(',').map((element) => element.trim());
  return elements.filter((element) => element !== '');
}
