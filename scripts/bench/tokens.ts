/** Users of every database of the bench, and their tokens. */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { DAY, HOUR } from '../../lib/time.ts';
import { createAccessTokens } from '../../lib/tokens/access/access-tokens.ts';
import { createKeyRing } from '../../lib/tokens/keys/key-ring.ts';

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

/** Derives a user's UUID from the number, the same one in every database and process. */
export function userId(number: number): string {
  const hex = hash('sha256', `user ${number}`, 'hex');
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

type Issue = (userId: string) => Promise<string>;

/**
 * Returns a function that issues access tokens of rescind. They outlive a bench, and their stamp is above every
 * cutoff that `migrate` or a revoke-all sets today.
 */
export async function createIssuer(secret: string): Promise<Issue> {
  const keys = await createKeyRing([secret]);
  const authority = { keys, issuer: ISSUER, audience: AUDIENCE };
  const { issue } = createAccessTokens({ ...authority, accessTokenTtl: 6 * HOUR, clock: Date.now });
  const now = Date.now();
  const times = {
    stamp: now + DAY,
    issuedAt: now,
    authTime: new Date(now),
    endsAt: new Date(now + DAY),
  };
  return async (userId) => {
    const { token } = await issue({ userId, sessionId: randomUUID(), ...times });
    return token;
  };
}

/** Issues so many tokens, to all users in turn. */
export function issueTokens(issue: Issue, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => issue(userId(n % USER_COUNT))));
}

/** Returns the SHA-256 of the signed bytes: the token's name in `revoked_tokens`. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token.slice(0, token.lastIndexOf('.')), 'buffer');
}

/** Creates the id and the secret of a client that introspects. */
export function createClient() {
  return { id: randomUUID() as string, secret: randomBytes(32).toString('base64url') };
}
