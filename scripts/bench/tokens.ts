/** Users of every database of the bench, and their tokens. */
import { createHash, createHmac, createSecretKey, hash, randomUUID } from 'node:crypto';
import { DAY, HOUR, toSeconds } from '../../lib/time.ts';
import { CLIENT_ID, TYPE } from '../../lib/tokens/claims.ts';
import { createKeyRing } from '../../lib/tokens/keys.ts';

export const USER_COUNT = 20_000;

/** Number of users whose tokens are sent again and again. */
export const HOT_COUNT = 2_000;

/** Password of every user, and the cost of its hash: the lowest allowed, so the most logins a second. */
export const PASSWORD = 'testpassword123';
export const BCRYPT_COST = 10;

/** One of so many users has a cutoff from an hour ago, which revokes what was issued before. */
const ONE_WITH_CUTOFF_IN = 20;

export const ISSUER = 'rescind';
export const AUDIENCE = 'rescind';

/** A signed access token with the names under which it can be revoked. */
export interface SignedToken {
  readonly token: string;
  readonly userId: string;
  readonly jti: string;
  /** SHA-256 of the signed bytes: its name in `revoked_tokens`. */
  readonly hash: Buffer;
}

/** Derives a user's UUID from the number, the same one in every database and process. */
export function userId(number: number): string {
  const hex = createHash('sha256').update(`user ${number}`).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
  return [...parts, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

export function userEmail(number: number): string {
  return `john.doe.${number}@testcompany.com`;
}

/** Returns the ids of the first `count` users. */
export function userIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => userId(number));
}

/** Returns the users with a cutoff: their check finds an entry, which does not revoke their tokens. */
export function usersWithCutoff(): readonly string[] {
  return userIds(USER_COUNT).filter((_, number) => number % ONE_WITH_CUTOFF_IN === 0);
}

export function cutoff(): Date {
  return new Date(Date.now() - HOUR);
}

/**
 * Returns a function that signs tokens as rescind does, some 100,000 a second; jose takes several times as
 * long. They outlive a bench, and their stamp is above every cutoff that `migrate` or a revoke-all sets today.
 */
export async function createTokenSigner(secret: string): Promise<(userId: string) => SignedToken> {
  const { signing } = await createKeyRing([secret]);
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  const header = encode({ alg: signing.alg, kid: signing.kid, typ: TYPE });
  const issued = { iss: ISSUER, aud: AUDIENCE };
  const stamp = Date.now() + DAY;
  return (userId) => {
    const jti = randomUUID();
    const iat = toSeconds(Date.now());
    const subject = { sub: userId, sid: randomUUID(), client_id: CLIENT_ID, jti };
    const times = { iat, exp: iat + toSeconds(6 * HOUR), auth_time: iat };
    const signed = `${header}.${encode({ ...issued, ...subject, ...times, type: 'access', stamp })}`;
    const token = `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    return { token, userId, jti, hash: hash('sha256', signed, 'buffer') };
  };
}

/** Returns the value of the Authorization header. */
export function bearer({ token }: Pick<SignedToken, 'token'>): string {
  return `Bearer ${token}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
