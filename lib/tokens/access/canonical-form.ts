import { hash } from 'node:crypto';

/** A token in canonical form, the only accepted spelling of its bytes. Its parts are not decoded. */
export interface CanonicalToken {
  readonly compact: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** `header.payload`: the bytes that the signature and the token's hash cover. */
  readonly signedBytes: string;
}

// The most characters of a token. Each character is one byte, because only ASCII is accepted.
const MAX_LENGTH = 4096;

/**
 * Splits a compact token in canonical form. Returns undefined for any other text. Does not check the signature.
 *
 * jose accepts many spellings of one token (changed unused bits, `=`, white space), each with a different hash. Without
 * this check, a revoked token would be accepted in another spelling (RFC 8725bis 3.14, RFC 7515 section 2).
 */
export function parseCanonicalToken(token: string): CanonicalToken | undefined {
  if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined;
  // A fourth part is enough to reject a token. The limit of 4 avoids thousands of parts for a text of dots.
  const [header, payload, signature, surplus] = token.split('.', 4);
  if (surplus !== undefined || !isCanonicalPart(header)) return undefined;
  if (!isCanonicalPart(payload) || !isCanonicalPart(signature)) return undefined;
  return { compact: token, header, payload, signature, signedBytes: `${header}.${payload}` };
}

/**
 * Returns the hash under which a token is revoked: SHA-256 of its signed bytes, in base64. The signature is left out,
 * because a token with another valid signature (as ECDSA allows) must have the same hash.
 */
export function hashSignedBytes(signedBytes: string): string {
  return hash('sha256', signedBytes, 'base64');
}

/**
 * Returns true for non-empty base64url in canonical form, which stays the same when it is decoded and encoded again.
 * Characters other than `[A-Za-z0-9_-]`, unused bits that are set, and lengths of 1 mod 4 would change the text.
 */
function isCanonicalPart(part: string | undefined): part is string {
  return !!part && Buffer.from(part, 'base64url').toString('base64url') === part;
}
