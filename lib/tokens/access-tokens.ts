import { randomUUID } from 'node:crypto';
import { compactVerify, errors, SignJWT } from 'jose';
import * as z from 'zod';
import { AuthError } from '../errors.ts';
import { type Clock, DAY, dateFromSeconds, MINUTE, SECOND, toSeconds } from '../time.ts';
import { type CanonicalToken, hashOfSignedBytes, parseCanonicalToken } from './canonical-form.ts';
import type { KeyRing } from './keys.ts';

/** What a verified access token says. */
export interface AccessToken {
  /** SHA-256 of the signed bytes: the name under which this token is revoked. */
  readonly hash: Buffer;
  readonly userId: string;
  readonly sessionId: string;
  /** The session's place on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface IssueInput {
  readonly userId: string;
  readonly sessionId: string;
  /** In milliseconds, as in AccessToken. */
  readonly stamp: number;
  /** When the user last gave a password. */
  readonly authTime: Date;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
  /** Lifetime in seconds, as in `expires_in` (RFC 6749 section 5.1). */
  readonly expiresIn: number;
}

export interface AccessTokens {
  issue(input: IssueInput): Promise<IssuedToken>;
  /**
   * What the token says, if it is one of ours, whatever the time is; else AuthError `invalid_token`.
   * Asks the CPU only, never the database.
   */
  verify(token: string): Promise<AccessToken>;
  /** AuthError `invalid_token` for a token that has expired or is from the future. */
  assertCurrent(token: AccessToken): void;
}

export interface AccessTokenOptions {
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audience: string;
  /** Lifetime in milliseconds, from 1 second to 24 hours. */
  readonly accessTokenTtl: number;
  readonly clock: Clock;
}

const LONGEST_LIFETIME = DAY;
const FUTURE_ALLOWED = 10 * MINUTE;
const CLIENT_ID = 'rescind';

const headerSchema = z.strictObject({
  alg: z.string(),
  kid: z.string(),
  typ: z.literal('at+jwt'),
});

/** RFC 9068 section 2.2, and the private claims `type` and `stamp`. Unknown claims are ignored. */
function claimsSchema(issuer: string, audience: string) {
  const seconds = z.int().nonnegative();
  return z.object({
    iss: z.literal(issuer),
    aud: z.literal(audience),
    sub: z.uuid(),
    sid: z.uuid(),
    client_id: z.literal(CLIENT_ID),
    jti: z.uuid(),
    iat: seconds,
    exp: seconds,
    auth_time: seconds,
    type: z.literal('access'),
    stamp: z.int().nonnegative(),
  });
}

/** Makes what issues and verifies access tokens (RFC 9068) with the keys of the ring. */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  checkOptions(options);
  return {
    issue: createIssuer(options),
    verify: createVerifier(options),

    assertCurrent({ issuedAt, expiresAt }) {
      const now = options.clock();
      if (now >= expiresAt.getTime()) throw invalid('it has expired');
      if (issuedAt.getTime() > now + FUTURE_ALLOWED) throw invalid('it is from the future');
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

function createVerifier({ keys, issuer, audience }: AccessTokenOptions) {
  const schema = claimsSchema(issuer, audience);

  return async function verify(token: string): Promise<AccessToken> {
    const canonical = parseCanonicalToken(token);
    if (canonical === undefined) throw invalid('it is not in canonical form');
    const claims = parse(schema, await verifySignature(canonical, keys), 'claims');
    if ((claims.exp - claims.iat) * SECOND > LONGEST_LIFETIME) throw invalid('it lives too long');
    return {
      hash: hashOfSignedBytes(canonical.signedBytes),
      userId: claims.sub,
      sessionId: claims.sid,
      stamp: claims.stamp,
      issuedAt: dateFromSeconds(claims.iat),
      expiresAt: dateFromSeconds(claims.exp),
    };
  };
}

function createIssuer(options: AccessTokenOptions) {
  const { keys, issuer, audience, accessTokenTtl, clock } = options;
  const expiresIn = toSeconds(accessTokenTtl);
  const { alg, kid, cryptoKey } = keys.signing;

  return async function issue(input: IssueInput): Promise<IssuedToken> {
    const iat = toSeconds(clock());
    const claims = {
      iss: issuer,
      aud: audience,
      sub: input.userId,
      sid: input.sessionId,
      client_id: CLIENT_ID,
      jti: randomUUID(),
      iat,
      exp: iat + expiresIn,
      auth_time: toSeconds(input.authTime.getTime()),
      type: 'access',
      stamp: input.stamp,
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
      .sign(cryptoKey);
    return { token, expiresAt: dateFromSeconds(claims.exp), expiresIn };
  };
}

/** The payload, once the key named by `kid` has vouched for it. That key fixes the algorithm; the token has no say. */
async function verifySignature(token: CanonicalToken, keys: KeyRing): Promise<unknown> {
  const header = parse(headerSchema, parseJson(Buffer.from(token.header, 'base64url')), 'header');
  const key = keys.find(header.kid);
  if (key === undefined) throw invalid('its key is not on the ring');
  const options = { algorithms: [key.alg] };
  const verified = await compactVerify(token.compact, key.cryptoKey, options).catch((error) => {
    throw error instanceof errors.JOSEError ? invalid('its signature is wrong', error) : error;
  });
  return parseJson(verified.payload);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('it does not hold JSON', cause);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, part: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(`its ${part} are not those of an access token`);
  return result.data;
}

function invalid(fault: string, cause?: unknown): AuthError {
  return new AuthError('invalid_token', `The access token was refused: ${fault}`, { cause });
}
