import { hash } from 'node:crypto';

/** A token whose spelling is the only one its bytes have. The strings are as they stood in the token. */
export interface CanonicalToken {
  readonly compact: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** `header.payload`: what the signature covers, and what the token's key is made of. */
  readonly signedBytes: string;
}

// In bytes. Counting UTF-16 units is the same here: a token with any other than ASCII is refused anyway.
const MAX_LENGTH = 4096;

/**
 * Takes a compact token apart, if it is spelled the one canonical way; undefined for all else.
 * It says nothing about the signature.
 *
 * jose alone verifies many spellings of one token (changed unused bits, `=`, white space), each with
 * another hash, so a revoked token could come back in other clothes (RFC 8725bis 3.14, RFC 7515 section 2).
 */
export function parseCanonicalToken(token: string): CanonicalToken | undefined {
  if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined;
  // Four are enough to see that three are too few, and spare a list of 4096 empty parts.
  const [header, payload, signature, surplus] = token.split('.', 4);
  if (surplus !== undefined || !isCanonicalPart(header)) return undefined;
  if (!isCanonicalPart(payload) || !isCanonicalPart(signature)) return undefined;
  return { compact: token, header, payload, signature, signedBytes: `${header}.${payload}` };
}

/**
 * The token's name among the revoked ones: SHA-256 of its signed bytes, in base64. Not of the whole token: a second
 * valid signature (ECDSA has two) must find the same key.
 */
export function hashOfSignedBytes(signedBytes: string): string {
  return hash('sha256', signedBytes, 'base64');
}

/**
 * Whether a part is non-empty base64url in its only spelling. The encoder writes nothing but
 * `[A-Za-z0-9_-]`, leaves no unused bit set and makes no length of 1 mod 4: one comparison tests it all.
 */
function isCanonicalPart(part: string | undefined): part is string {
  return !!part && Buffer.from(part, 'base64url').toString('base64url') === part;
}
