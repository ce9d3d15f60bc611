import type { Collections, SessionDocument } from '../../lib/store/collections.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { type Answer, post } from './server.ts';
import { PASSWORD } from './users.ts';

/** What a login or a refresh gave. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly sessionId: string;
}

/** Logs in over HTTP, as soon as the server is not busy; throws where the login fails. */
export async function openSession(
  url: string,
  email: string,
  headers: Record<string, string> = {},
): Promise<Tokens> {
  const answer = await waitFor('A login that is not busy', async () => {
    const told = await post(`${url}/api/auth/login`, { email, password: PASSWORD }, headers);
    return told.body?.code === 'busy' ? undefined : told;
  });
  return tokensOf(answer);
}

/** Presents a refresh token. */
export function refresh(
  url: string,
  token: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return post(`${url}/api/auth/refresh`, { refresh_token: token }, headers);
}

/** The tokens of an answer; throws where it gives none. */
export function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`No tokens, but ${status} ${JSON.stringify(body)}`);
  const { access_token: access, refresh_token: token } = body;
  return { access, refresh: token, sessionId: token.split('.')[2] };
}

type Dates = 'rotated_at' | 'expires_at' | 'ends_at' | 'last_used_at' | 'auth_time';

/** Lets time pass for a session: what was written then is so many milliseconds older. */
export async function age(
  { sessions }: Pick<Collections, 'sessions'>,
  sessionId: string,
  milliseconds: number,
  fields: readonly Dates[] = ['rotated_at'],
): Promise<void> {
  const document = await sessions.findOne({ _id: sessionId });
  const moved: Partial<SessionDocument> = {};
  for (const field of fields) {
    const before = document?.[field];
    if (before === undefined) throw new Error(`The session has no ${field}`);
    moved[field] = new Date(before.getTime() - milliseconds);
  }
  await sessions.updateOne({ _id: sessionId }, { $set: moved });
}
