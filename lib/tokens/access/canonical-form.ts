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

// In characters, each of which is a byte: a token with characters outside ASCII is rejected anyway.
const MAX_LENGTH = 4096;

/**
 * Splits a compact token in canonical form; returns undefined for anything else. Does not check the signature.
 *
 * jose accepts many spellings of one token (changed unused bits, `=`, white space), each with a different hash.
 * Without this check, a revoked token would be accepted in another spelling (RFC 8725bis 3.14, RFC 7515 section 2).
 */
export function parseCanonicalToken(token: string): CanonicalToken | undefined {
  if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined;
  // A fourth part shows that there are too many. More parts are not split off: a text of dots would have thousands.
  const [header, payload, signature, surplus] = token.split('.', 4);
  if (surplus !== undefined || !isCanonicalPart(header)) return undefined;
  if (!isCanonicalPart(payload) || !isCanonicalPart(signature)) return undefined;
  return { compact: token, header, payload, signature, signedBytes: `${header}.${payload}` };
}

/**
 * Returns the hash under which a token is revoked: SHA-256 of its signed bytes, in base64. It does not cover the
 * signature, since a second valid signature (ECDSA has two) must not change the hash.
 */
export function hashSignedBytes(signedBytes: string): string {
  return hash('sha256', signedBytes, 'base64');
}

/**
 * Returns true for non-empty base64url in canonical form: decoding and encoding it again yields the same text. Other
 * characters than `[A-Za-z0-9_-]`, unused bits that are set, and lengths of 1 mod 4 would change the text.
 */
function isCanonicalPart(part: string | undefined): part is string {
  return !!part && Buffer.from(part, 'base64url').toString('base64url') === part;
}
