import { listOf } from './raw-headers.ts';

/**
 * Returns the one coding that a Content-Encoding header names, in lower case; `identity` where it names
 * none, undefined where it names several. Empty elements of the list do not count, and `x-gzip` is `gzip`
 * (RFC 9110 sections 5.6.1.2, 8.4 and 8.4.1.3).
 */
export function contentCoding(header: string): string | undefined {
  const [coding = 'identity', ...more] = listOf(header.toLowerCase());
  if (more.length > 0) return undefined;
  return coding === 'x-gzip' ? 'gzip' : coding;
}
