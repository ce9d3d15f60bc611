import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Clock, MINUTE, SECOND, toSeconds } from '../../time.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { CLIENT_ID, LONGEST_LIFETIME, TYPE } from './claims.ts';
import { createRememberedTokens } from './remembered-tokens.ts';
import { type AccessToken, createVerifier, notCurrent, readClaims } from './verifier.ts';

export interface IssueInput {
  readonly userId: string;
  readonly sessionId: string;
  /** The stamp in milliseconds, as in AccessToken. */
  readonly stamp: number;
  /** The time when the user last gave a password. */
  readonly authTime: Date;
  /** The end of the session: the token does not outlive it. */
  readonly endsAt: Date;
  /** Rotations of the session so far, as in its newest refresh token. Default 0, which the token leaves out. */
  readonly counter?: number;
}

export interface IssuedToken {
  readonly token: string;
  /** Lifetime in seconds, as in `expires_in` (RFC 6749 section 5.1); 0 or less if the session ends now. */
  readonly expiresIn: number;
}

export type AccessTokens = ReturnType<typeof createAccessTokens>;

export interface AccessTokenOptions {
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audience: string;
  /** Lifetime in milliseconds, from 1 second to 24 hours. */
  readonly accessTokenTtl: number;
  /** The memory for the cache of verified tokens, in bytes. Default 96 MiB; 0 for no cache. */
  readonly rememberedTokenBytes?: number | undefined;
  readonly clock: Clock;
}

const FUTURE_ALLOWED = 10 * MINUTE;

/** Issues and verifies access tokens (RFC 9068) with the keys of the ring. */
export function createAccessTokens(options: AccessTokenOptions) {
  checkOptions(options);
  return {
    issue: createIssuer(options),
    /**
     * Returns the content of a token that this deployment issued, expired or not; else throws AuthError
     * `invalid_token`. Uses the CPU only, never the database.
     */
    verify: createRememberedTokens(createVerifier(options), options),
    /** Returns all claims of a token that `verify` has accepted. It is called rarely, so it caches nothing. */
    read: readClaims,

    /** Throws AuthError `invalid_token` for a token that has expired or is from the future. */
    assertCurrent({ issuedAt, expiresAt }: AccessToken): void {
      const now = options.clock();
      if (now >= expiresAt) throw notCurrent('has expired');
      if (issuedAt > now + FUTURE_ALLOWED) throw notCurrent('is from the future');
    },
  };
}

function checkOptions({ issuer, audience, accessTokenTtl }: AccessTokenOptions): void {
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== 'string' || value === '') {
      throw new TypeError(`"${name}" must be a string that is not empty`);
    }
  }
  if (!(accessTokenTtl >= SECOND && accessTokenTtl <= LONGEST_LIFETIME)) {
    throw new TypeError('"accessTokenTtl" must be from 1 second to 24 hours, in milliseconds');
  }
}

function createIssuer(options: AccessTokenOptions) {
  const { keys, issuer, audience, accessTokenTtl, clock } = options;
  const { alg, kid, cryptoKey } = keys.signing;

  return async function issue(input: IssueInput): Promise<IssuedToken> {
    const now = clock();
    const iat = toSeconds(now);
    const exp = toSeconds(Math.min(now + accessTokenTtl, input.endsAt.getTime()));
    const claims = {
      iss: issuer,
      aud: audience,
      sub: input.userId,
      sid: input.sessionId,
      client_id: CLIENT_ID,
      jti: randomUUID(),
      iat,
      exp,
      auth_time: toSeconds(input.authTime.getTime()),
      type: 'access',
      stamp: input.stamp,
      ...(input.counter ? { counter: input.counter } : {}),
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg, kid, typ: TYPE })
      .sign(cryptoKey);
    return { token, expiresIn: exp - iat };
  };
}
