import { z } from 'zod';

// RFC 5321 section 4.5.3.1.3: a path has 256 octets, two of them the angle brackets.
const MAX_LENGTH = 254;

/** The form of a normalized address, without anchors: PCRE reads it too. */
export const NORMAL_EMAIL = z.regexes.html5Email.source
  .replace(/^\^|\$$/g, '')
  .replaceAll('a-zA-Z', 'a-z');

/**
 * The one form in which an address is stored and looked up: trimmed, NFC, ASCII lower case.
 * Undefined for what is then not an address of printable ASCII.
 *
 * Case is folded only after the pattern has refused all but ASCII: `toLowerCase` makes `i` and `k` of
 * characters outside it. NFC alone makes ASCII of one: the Kelvin sign is canonically the letter K.
 */
export function normalizeEmail(value: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const address = value.trim().normalize('NFC');
  // Length first, so that the pattern never runs over a long text.
  if (address.length > MAX_LENGTH || !z.regexes.html5Email.test(address)) return undefined;
  return address.toLowerCase();
}
