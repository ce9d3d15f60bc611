import { hash } from 'node:crypto';

/** A token in the only spelling of its bytes. The strings are as they stand in the token. */
export interface CanonicalToken {
  readonly compact: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** `header.payload`: the bytes that the signature covers, and of which the token's hash is made. */
  readonly signedBytes: string;
}

// In bytes. Counting UTF-16 units is the same here: a token with anything but ASCII is rejected anyway.
const MAX_LENGTH = 4096;

/**
 * Splits a compact token in canonical form; returns undefined for anything else.
 * It does not check the signature.
 *
 * jose alone verifies many spellings of one token (changed unused bits, `=`, white space), each with another
 * hash: a revoked token would be accepted in another spelling (RFC 8725bis 3.14, RFC 7515 section 2).
 */
export function parseCanonicalToken(token: string): CanonicalToken | undefined {
  if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined;
  // Four parts are enough to detect a surplus, and avoid a list of 4096 empty parts.
  const [header, payload, signature, surplus] = token.split('.', 4);
  if (surplus !== undefined || !isCanonicalPart(header)) return undefined;
  if (!isCanonicalPart(payload) || !isCanonicalPart(signature)) return undefined;
  return { compact: token, header, payload, signature, signedBytes: `${header}.${payload}` };
}

/**
 * Returns the hash under which a token is revoked: SHA-256 of its signed bytes, in base64. The signature is left
 * out: a second valid signature (ECDSA has two) must give the same hash.
 */
export function hashSignedBytes(signedBytes: string): string {
  return hash('sha256', signedBytes, 'base64');
}

/**
 * Returns true for non-empty base64url in its only spelling. The encoder writes nothing but
 * `[A-Za-z0-9_-]`, leaves no unused bit set and makes no length of 1 mod 4: one comparison tests it all.
 */
function isCanonicalPart(part: string | undefined): part is string {
  return !!part && Buffer.from(part, 'base64url').toString('base64url') === part;
}
