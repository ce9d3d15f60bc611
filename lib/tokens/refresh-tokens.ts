import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { AuthError } from '../errors.ts';
import { secretBytes, secretKid } from './secret-key.ts';

/** What a refresh token names. */
export interface RefreshToken {
  /** The secret that it was made with. */
  readonly kid: string;
  readonly sessionId: string;
  /** How many rotations went before it. */
  readonly counter: number;
}

export interface RefreshTokens {
  /** The secret that new ones are made with. */
  readonly kid: string;
  /** `rt1.<kid>.<sid>.<counter>.<mac>`, by the first secret. */
  issue(token: Pick<RefreshToken, 'sessionId' | 'counter'>): string;
  /** What the token names, if one of our secrets made it; else AuthError `refresh_token_malformed`. Asks the CPU only. */
  verify(token: string): RefreshToken;
}

const FORM =
  /^(rt1\.([\w-]{43})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9]\d{0,8}))\.([\w-]{43})$/;

/** The session that a text in the form of a refresh token names. Nobody has looked at its mac. */
export function readUnverifiedSession(token: string): string | undefined {
  return FORM.exec(token)?.[3];
}

/**
 * Makes and verifies refresh tokens. Nothing of them is stored: a token is a session's id and a counter,
 * under a mac whose key is derived from the secret (HKDF, RFC 5869), so that it is of no other use.
 */
export async function createRefreshTokens(secrets: readonly string[]): Promise<RefreshTokens> {
  const [signing, ...previous] = await Promise.all(secrets.map(macFromSecret));
  if (signing === undefined) throw new TypeError('"secrets" must hold at least one secret');
  const byKid = new Map([signing, ...previous].map((mac) => [mac.kid, mac]));

  return {
    kid: signing.kid,

    issue({ sessionId, counter }) {
      const text = `rt1.${signing.kid}.${sessionId}.${counter}`;
      return `${text}.${signing.of(text).toString('base64url')}`;
    },

    verify(token) {
      if (typeof token !== 'string') throw malformed(); // a list of one token would be matched as its text
      const [, text = '', kid = '', sessionId = '', counter, mac = ''] = FORM.exec(token) ?? [];
      const expected = byKid.get(kid)?.of(text);
      if (expected === undefined || !isSpelling(mac, expected)) throw malformed();
      return { kid, sessionId, counter: Number(counter) };
    },
  };
}

interface Mac {
  readonly kid: string;
  of(text: string): Buffer;
}

async function macFromSecret(secret: string): Promise<Mac> {
  const derived = hkdfSync('sha256', secretBytes(secret), '', 'rescind refresh tokens 1', 32);
  const key: KeyObject = createSecretKey(Buffer.from(derived));
  return {
    kid: await secretKid(secret),
    of: (text) => createHmac('sha256', key).update(text).digest(),
  };
}

/** Compares the text, not the bytes: another spelling of the same bytes is refused. */
function isSpelling(mac: string, expected: Buffer): boolean {
  return timingSafeEqual(Buffer.from(mac), Buffer.from(expected.toString('base64url')));
}

function malformed(): AuthError {
  return new AuthError('refresh_token_malformed', 'The refresh token is none of ours');
}
