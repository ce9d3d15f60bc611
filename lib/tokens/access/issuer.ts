import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { toSeconds } from '../../time.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { CLIENT_ID, TYPE } from './claims.ts';

export interface IssueInput {
  readonly userId: string;
  readonly sessionId: string;
  /** The time of issue in milliseconds, at which the clock was known to be right. */
  readonly issuedAt: number;
  /** The stamp in milliseconds, as in AccessToken. */
  readonly stamp: number;
  /** The time when the user last gave a password. */
  readonly authTime: Date;
  /** The end of the session. The token expires at this time or earlier. */
  readonly endsAt: Date;
  /** The session's number of rotations, as in its newest refresh token. Default 0, which is left out of the token. */
  readonly counter?: number;
}

export interface IssuedToken {
  readonly token: string;
  /** Lifetime in seconds, as in `expires_in` (RFC 6749 section 5.1); 0 or less if the session ends now. */
  readonly expiresIn: number;
}

export interface IssuerOptions {
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audience: string;
  /** Lifetime in milliseconds, from 1 second to 24 hours. */
  readonly accessTokenTtl: number;
}

/** Creates the function that issues access tokens (RFC 9068), signed with the ring's signing key. */
export function createIssuer(options: IssuerOptions) {
  const { keys, issuer, audience, accessTokenTtl } = options;
  const { alg, kid, cryptoKey } = keys.signing;

  return async function issue(input: IssueInput): Promise<IssuedToken> {
    const iat = toSeconds(input.issuedAt);
    const exp = toSeconds(Math.min(input.issuedAt + accessTokenTtl, input.endsAt.getTime()));
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
