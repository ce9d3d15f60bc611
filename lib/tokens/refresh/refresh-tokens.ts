import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { DEFAULTS } from '../../defaults.ts';
import { AuthError } from '../../errors.ts';
import { secretBytes, secretKid } from '../keys/secret-key.ts';

/** The content of a refresh token. */
export interface RefreshToken {
  /** The `kid` of the secret that the MAC key is derived from. */
  readonly kid: string;
  readonly sessionId: string;
  /** The number of rotations of the session before this token. */
  readonly counter: number;
  /** False if an earlier version opened the session, whose tokens are valid for any issuer and audience. */
  readonly isBound: boolean;
}

export type RefreshTokens = Awaited<ReturnType<typeof createRefreshTokens>>;

export interface RefreshTokenOptions {
  /** The `iss` of the access tokens. Default `rescind`. */
  readonly issuer?: string | undefined;
  /** The `aud` of the access tokens. Default `rescind`. */
  readonly audience?: string | undefined;
}

const FORM =
  /^(rt1\.([\w-]{43})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9]\d{0,8}))\.([\w-]{43})$/;

/** Returns the session id of a refresh token without verifying the MAC; undefined for a text in another form. */
export function readUnverifiedSession(token: string): string | undefined {
  return FORM.exec(token)?.[3];
}

/**
 * Issues and verifies refresh tokens, which are not stored. A token consists of a session's id, a counter and a MAC.
 * The MAC key is derived from the secret, the issuer and the audience (HKDF, RFC 5869), for this use only. Earlier
 * versions derived the MAC key from the secret only. Sessions that an earlier version opened still receive tokens with
 * such a MAC, so that servers of both versions can run side by side.
 */
export async function createRefreshTokens(
  secrets: readonly string[],
  { issuer = DEFAULTS.issuer, audience = DEFAULTS.audience }: RefreshTokenOptions = {},
) {
  const purpose = `rescind refresh tokens 2 ${JSON.stringify([issuer, audience])}`;
  const [signing, ...previous] = await Promise.all(
    secrets.map((secret) => macsFromSecret(secret, purpose)),
  );
  if (signing === undefined) throw new TypeError('"secrets" must hold at least one secret');
  const byKid = new Map([signing, ...previous].map((macs) => [macs.kid, macs]));

  return {
    /** The `kid` of the secret that signs new tokens. */
    kid: signing.kid,

    /** Returns `rt1.<kid>.<sid>.<counter>.<mac>`, with a MAC of the first secret. */
    issue({
      sessionId,
      counter,
      isBound = true,
    }: Pick<RefreshToken, 'sessionId' | 'counter'> & Partial<RefreshToken>): string {
      const text = `rt1.${signing.kid}.${sessionId}.${counter}`;
      const mac = isBound ? signing.bound : signing.unbound;
      return `${text}.${mac(text).toString('base64url')}`;
    },

    /** Returns the content of a token that was issued here, or throws AuthError `refresh_token_malformed`. */
    verify(token: string): RefreshToken {
      if (typeof token !== 'string') throw malformed(); // an array of one token would match FORM
      const [, text = '', kid = '', sessionId = '', counter, mac = ''] = FORM.exec(token) ?? [];
      const macs = byKid.get(kid);
      if (macs === undefined) throw malformed();
      const isBound = isSpelling(mac, macs.bound(text));
      if (!isBound && !isSpelling(mac, macs.unbound(text))) throw malformed();
      return { kid, sessionId, counter: Number(counter), isBound };
    },
  };
}

interface Macs {
  readonly kid: string;
  /** Computes the MAC of a token that is bound to the issuer and the audience. */
  readonly bound: Mac;
  /** Computes the MAC of an earlier version's token, for any issuer and audience. */
  readonly unbound: Mac;
}

type Mac = (text: string) => Buffer;

async function macsFromSecret(secret: string, purpose: string): Promise<Macs> {
  return {
    kid: await secretKid(secret),
    bound: macFor(secret, purpose),
    unbound: macFor(secret, 'rescind refresh tokens 1'),
  };
}

function macFor(secret: string, purpose: string): Mac {
  const derived = hkdfSync('sha256', secretBytes(secret), '', purpose, 32);
  const key: KeyObject = createSecretKey(Buffer.from(derived));
  return (text) => createHmac('sha256', key).update(text).digest();
}

/** Compares a MAC in constant time, as text, so that another base64url spelling of the same bytes is rejected. */
function isSpelling(mac: string, expected: Buffer): boolean {
  return timingSafeEqual(Buffer.from(mac), Buffer.from(expected.toString('base64url')));
}

function malformed(): AuthError {
  return new AuthError('refresh_token_malformed', 'The refresh token was not issued here');
}
