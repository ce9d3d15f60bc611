import { createHmac } from 'node:crypto';
import { MINUTE } from '../../lib/time.ts';
import { createAccessTokens } from '../../lib/tokens/access/access-tokens.ts';
import { createKeyRing } from '../../lib/tokens/keys/key-ring.ts';
import type { User } from '../../lib/user.ts';

/** Creates the issuer of a server with this secret. */
export async function createIssuer(secret: string) {
  const keys = await createKeyRing([secret]);
  const names = { issuer: 'rescind', audience: 'rescind' };
  return createAccessTokens({ keys, ...names, accessTokenTtl: 15 * MINUTE, clock: Date.now });
}

/** The end of a session that outlives every test. */
export const NEVER = new Date(Date.now() + 90 * 86_400_000);

/** Issues a token as a login of the user `age` milliseconds ago would have. */
export async function issueWithAge(age: number, secret: string, user: User): Promise<string> {
  const then = Date.now() - age;
  const issuer = await createIssuer(secret);
  const sessionId = crypto.randomUUID();
  const times = { issuedAt: then, stamp: then, authTime: new Date(then), endsAt: NEVER };
  return (await issuer.issue({ userId: user.id, sessionId, ...times })).token;
}

type Times = Record<'iat' | 'exp' | 'stamp', number>;
type Claims = Readonly<Record<'sub' | 'sid', string> & Times & Record<string, unknown>>;

/** Reads the claims of a token without verifying it. */
export function readClaims(token: string): Claims {
  return decode(token.split('.')[1]);
}

export interface Changes {
  /** Members of the header to set, or to take out where undefined. */
  readonly header?: object;
  readonly claims?: object;
  /** Replaces the whole payload. */
  readonly payload?: string | Buffer;
}

const HASHES: Readonly<Record<string, string>> = { HS384: 'sha384', HS512: 'sha512' };

/** Changes a token and signs it again with the server's own secret, as a forger who has that can. */
export function forge(token: string, secret: string, changes: Changes): string {
  const header = { ...decode(token.split('.')[0]), ...changes.header };
  const payload = changes.payload ?? JSON.stringify({ ...readClaims(token), ...changes.claims });
  const signed = `${encode(JSON.stringify(header))}.${encode(payload)}`;
  const mac = createHmac(HASHES[header['alg']] ?? 'sha256', secret).update(signed);
  return `${signed}.${mac.digest('base64url')}`;
}

// biome-ignore lint/suspicious/noExplicitAny: a token may hold anything
function decode(part = ''): any {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

export function encode(value: string | Buffer): string {
  return Buffer.from(value).toString('base64url');
}
