import { z } from 'zod';

// RFC 5321 section 4.5.3.1.3 allows 256 octets for a path. The angle brackets around the address are two of them.
const MAX_LENGTH = 254;

/** The pattern of a normalized address, without anchors. It is also valid in PCRE, which MongoDB's `$regex` uses. */
export const NORMAL_EMAIL = z.regexes.html5Email.source
  .replace(/^\^|\$$/g, '')
  .replaceAll('a-zA-Z', 'a-z');

/**
 * Returns the one form in which an address is stored and looked up: trimmed, NFC, ASCII lower case.
 * Returns undefined if the result is not an address of printable ASCII.
 *
 * `toLowerCase` would map some characters outside ASCII to `i` or `k`, so the pattern rejects these characters first.
 * The exception is the Kelvin sign: NFC turns it into the letter K, which is ASCII.
 */
export function normalizeEmail(value: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const address = value.trim().normalize('NFC');
  // The length is checked first, so that the pattern never runs over a long text.
  if (address.length > MAX_LENGTH || !z.regexes.html5Email.test(address)) return undefined;
  return address.toLowerCase();
}
