import type { Collections, SessionDocument } from '../../lib/store/mongo/collections.ts';
import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';
import { type Answer, post, postLogin } from './server.ts';
import { PASSWORD } from './users.ts';

/** The tokens of a login or a refresh. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly sessionId: string;
}

/** Logs in over HTTP as soon as the server is not busy. Throws when the login fails. */
export async function openSession(
  url: string,
  email: string,
  headers: Record<string, string> = {},
): Promise<Tokens> {
  return toTokens(await postLogin(url, { email, password: PASSWORD }, headers));
}

/** Presents a refresh token. */
export function refresh(
  url: string,
  token: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return post(`${url}/api/auth/refresh`, { refresh_token: token }, headers);
}

/** Returns the tokens of an answer. Throws when it has none. */
export function toTokens({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`No tokens, but ${status} ${JSON.stringify(body)}`);
  return nameTokens({ accessToken: body.access_token, refreshToken: body.refresh_token });
}

/** Returns the tokens that the library issued, with their session: `rt1.<kid>.<sid>.<counter>.<mac>`. */
export function nameTokens({
  accessToken,
  refreshToken,
}: Pick<IssuedTokens, 'accessToken' | 'refreshToken'>): Tokens {
  const [, , sessionId = ''] = refreshToken.split('.');
  return { access: accessToken, refresh: refreshToken, sessionId };
}

/** Lets time pass for a session: what was written then is so many milliseconds older. */
export async function age(
  { sessions }: Pick<Collections, 'sessions'>,
  sessionId: string,
  milliseconds: number,
  fields: readonly (keyof SessionDocument)[] = ['rotated_at'],
): Promise<void> {
  const isThere = fields.map((field) => [field, { $type: 'date' }]);
  const moved = fields.map((field) => [field, { $subtract: [`$${field}`, milliseconds] }]);
  const filter = { _id: sessionId, ...Object.fromEntries(isThere) };
  const { matchedCount } = await sessions.updateOne(filter, [{ $set: Object.fromEntries(moved) }]);
  if (matchedCount !== 1) throw new Error(`No session has all of ${fields}`);
}
