import type * as z from 'zod';
import type { Principal } from '../../caller.ts';
import { AuthError } from '../../errors.ts';
import { SECOND } from '../../time.ts';
import type { Key } from '../keys/key.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { type CanonicalToken, hashSignedBytes, parseCanonicalToken } from './canonical-form.ts';
import { type Claims, claimsSchema, headerSchema, LONGEST_LIFETIME } from './claims.ts';

/** The content of a verified access token. */
export interface AccessToken {
  /** SHA-256 of the signed bytes, in base64: the hash under which this token is revoked. */
  readonly hash: string;
  /** The `kid` of the key that signed the token. */
  readonly kid: string;
  readonly userId: string;
  readonly sessionId: string;
  /** The session's stamp on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** The session's number of rotations when the token was issued; 0 if the token has no counter. */
  readonly counter?: number;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** The SHA-256 of the token's whole text, under which it is remembered. */
  spelling?: string | undefined;
  /** The result of a check in the database, valid until something changes. It is kept with the remembered token. */
  known?: KnownToken | undefined;
}

/** The principal of a token that was not revoked, and what that rests on. */
export interface KnownToken {
  readonly principal: Principal;
  /** The slots of the documents that were read. The store numbers the changes of each slot. */
  readonly slots: string;
  /** The number of the last change when the reads began. */
  readonly version: number;
}

export interface VerifierOptions {
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audience: string;
}

/** Returns the content of a token, or throws AuthError `invalid_token`. */
export type Verify = (token: string) => AccessToken;

/** Creates the verifier of access tokens. It checks canonical form, key, signature and claims, in this order. */
export function createVerifier({ keys, issuer, audience }: VerifierOptions): Verify {
  const schema = claimsSchema(issuer, audience);

  return function verify(token) {
    const canonical = parseCanonicalToken(token);
    if (canonical === undefined) throw invalid('it is not in canonical form');
    const key = findKey(canonical, keys);
    const claims = parse(schema, signedPayload(canonical, key), 'claims');
    if ((claims.exp - claims.iat) * SECOND > LONGEST_LIFETIME)
      throw invalid('its lifetime is too long');
    return {
      hash: hashSignedBytes(canonical.signedBytes),
      kid: key.kid,
      userId: claims.sub,
      sessionId: claims.sid,
      stamp: claims.stamp,
      counter: claims.counter ?? 0,
      issuedAt: claims.iat * SECOND,
      expiresAt: claims.exp * SECOND,
      spelling: undefined, // set later, but declared here, because adding a property is slow in V8
      known: undefined,
    };
  };
}

/** Returns all claims of a token that `verify` has accepted, and which needs no check any more. */
export function readClaims(token: string): Claims {
  const payload = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'));
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
}

/** Returns the key that the header names. The key, not the token, determines the algorithm (RFC 8725 section 3.1). */
function findKey(token: CanonicalToken, keys: KeyRing): Key {
  const header = parse(headerSchema, parseJson(token.header), 'header');
  const key = keys.byKid.get(header.kid);
  if (key === undefined) throw invalid('its kid names no key of this server');
  if (header.alg !== key.alg) throw invalid('its algorithm does not match its key');
  return key;
}

function signedPayload({ signedBytes, payload, signature }: CanonicalToken, key: Key): unknown {
  if (!key.hasSigned(signedBytes, Buffer.from(signature, 'base64url'))) {
    throw invalid('its signature is wrong');
  }
  return parseJson(payload);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses JSON. Rejects a text that JSON.stringify would write differently. Texts with duplicate members are therefore
 * rejected, because some parsers read the first and others the last of the duplicates (RFC 7519 section 4).
 */
function parseJson(part: string): unknown {
  try {
    const text = utf8.decode(Buffer.from(part, 'base64url'));
    const value = JSON.parse(text);
    if (JSON.stringify(value) === text) return value;
  } catch (cause) {
    throw invalid('it contains a part that is not JSON', cause);
  }
  throw invalid('its JSON differs from the output of JSON.stringify');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, part: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(`it does not have the ${part} of an access token`);
  return result.data;
}

/** Creates the error of a refused token. The fault is for the log, and is not sent to the client. */
export function invalid(fault: string, cause?: unknown): AuthError {
  return new AuthError('invalid_token', `The access token was refused: ${fault}`, { cause });
}

/** Creates the error of a token that is expired or from the future. The fault is sent to the client. */
export function notCurrent(fault: string): AuthError {
  const description = `The access token ${fault}`;
  return new AuthError('invalid_token', description, { description });
}
