import type * as z from 'zod';
import { AuthError } from '../errors.ts';
import { SECOND } from '../time.ts';
import { type CanonicalToken, hashOfSignedBytes, parseCanonicalToken } from './canonical-form.ts';
import { type Claims, claimsSchema, headerSchema, LONGEST_LIFETIME } from './claims.ts';
import type { Key } from './key.ts';
import type { KeyRing } from './keys.ts';

/** What a verified access token says. */
export interface AccessToken {
  /** SHA-256 of the signed bytes, in base64: the name under which this token is revoked. */
  readonly hash: string;
  /** The key that signed it. */
  readonly kid: string;
  readonly userId: string;
  readonly sessionId: string;
  /** The session's place on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** Rotations of the session when it was issued; 0 also where the token does not say. */
  readonly counter?: number;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface VerifierOptions {
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audience: string;
}

/** Tells what a token says, or throws AuthError `invalid_token`. */
export type Verify = (token: string) => AccessToken;

/** Makes what verifies access tokens: spelling, key, signature, claims, in this order. */
export function createVerifier({ keys, issuer, audience }: VerifierOptions): Verify {
  const schema = claimsSchema(issuer, audience);

  return function verify(token) {
    const canonical = parseCanonicalToken(token);
    if (canonical === undefined) throw invalid('it is not in canonical form');
    const key = keyOf(canonical, keys);
    const claims = parse(schema, signedPayload(canonical, key), 'claims');
    if ((claims.exp - claims.iat) * SECOND > LONGEST_LIFETIME) throw invalid('it lives too long');
    return {
      hash: hashOfSignedBytes(canonical.signedBytes),
      kid: key.kid,
      userId: claims.sub,
      sessionId: claims.sid,
      stamp: claims.stamp,
      counter: claims.counter ?? 0,
      issuedAt: claims.iat * SECOND,
      expiresAt: claims.exp * SECOND,
    };
  };
}

/** All that a token says which `verify` has accepted. */
export function readClaims(token: string): Claims {
  const [, payload = ''] = token.split('.');
  return parseJson(payload) as Claims;
}

/** The key that the header names. It fixes the algorithm; the token has no say (RFC 8725 section 3.1). */
function keyOf(token: CanonicalToken, keys: KeyRing): Key {
  const header = parse(headerSchema, parseJson(token.header), 'header');
  const key = keys.find(header.kid);
  if (key === undefined) throw invalid('its key is not on the ring');
  if (header.alg !== key.alg) throw invalid('its algorithm is not that of its key');
  return key;
}

/** The payload, once the key has vouched for it. */
function signedPayload({ signedBytes, payload, signature }: CanonicalToken, key: Key): unknown {
  if (!key.hasSigned(signedBytes, Buffer.from(signature, 'base64url'))) {
    throw invalid('its signature is wrong');
  }
  return parseJson(payload);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Only JSON as it is written here, which comes out the same when it is written again: of a member that is
 * there twice one program reads the first and another the last (RFC 7519 section 4).
 */
function parseJson(part: string): unknown {
  try {
    const text = utf8.decode(Buffer.from(part, 'base64url'));
    const value = JSON.parse(text);
    if (JSON.stringify(value) === text) return value;
  } catch (cause) {
    throw invalid('it does not hold JSON', cause);
  }
  throw invalid('its JSON is not spelled in the one way');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, part: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(`its ${part} are not those of an access token`);
  return result.data;
}

/** A refused token. A client reads no more than that. */
export function invalid(fault: string, cause?: unknown): AuthError {
  return new AuthError('invalid_token', `The access token was refused: ${fault}`, { cause });
}

/** A token outside its time, which its holder may know (RFC 6750 section 3). */
export function notCurrent(fault: string): AuthError {
  const description = `The access token ${fault}`;
  return new AuthError('invalid_token', description, { description });
}
