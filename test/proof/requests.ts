/** Requests of clients over HTTP, each appended to the history. */

import { MINUTE } from '../../lib/time.ts';
import type { User } from '../../lib/user.ts';
import { type Answer, send } from '../helpers/server.ts';
import { type Tokens, toTokens } from '../helpers/sessions.ts';
import { PASSWORD } from '../helpers/users.ts';
import type { Kind, Operation } from './history.ts';

export interface Server {
  readonly name: string;
  readonly url: string;
  /** It may act on what it remembers. Default false. */
  readonly follows?: boolean;
}

/** A client and the server it sends to. */
export interface Connection {
  readonly client: string;
  readonly server: Server;
}

/** A session as seen by the client that has its tokens. */
export type ClientSession = ReturnType<typeof openClientSession>;

/** Far longer than any REQUEST_DEADLINE: a request without an answer for so long gets none. */
const TIMEOUT = MINUTE;
const HEADERS = { 'user-agent': 'proof', 'content-type': 'application/json' };

const ENDPOINTS: Readonly<
  Record<Exclude<Kind, 'revoke_everyone'>, readonly [method: string, path: string]>
> = {
  login: ['POST', '/api/auth/login'],
  me: ['GET', '/api/auth/me'],
  logout: ['POST', '/api/auth/logout'],
  refresh: ['POST', '/api/auth/refresh'],
  revoke_all: ['POST', '/api/auth/revoke-all-tokens'],
  change_password: ['POST', '/api/auth/change-password'],
};

/**
 * Presents a token of the session: the refresh token for a refresh, any of its access tokens otherwise. After
 * a refresh the session has the new tokens as well. Returns undefined where no answer came.
 */
export async function request(
  history: Operation[],
  connection: Connection,
  kind: 'me' | 'logout' | 'refresh' | 'revoke_all',
  session: ClientSession,
): Promise<Answer | undefined> {
  const isRefresh = kind === 'refresh';
  const token = isRefresh ? session.refreshToken : pickRandom(session.accessTokens);
  const init = isRefresh
    ? { body: JSON.stringify({ refresh_token: token }) }
    : { headers: { ...HEADERS, authorization: `Bearer ${token}` } };
  const asked = { kind, user: session.user.id, session: session.id, token: nameToken(token) };
  const answer = await ask(history, connection, asked, init);
  if (isRefresh && answer?.status === 200) {
    session.accessTokens.push(answer.body.access_token);
    session.refreshToken = answer.body.refresh_token;
  }
  return answer;
}

/** Logs in and returns the session, or undefined where none was opened. */
export async function login(
  history: Operation[],
  connection: Connection,
  user: User,
  password = PASSWORD,
): Promise<ClientSession | undefined> {
  const body = JSON.stringify({ email: user.email, password });
  const asked = { kind: 'login', user: user.id, password } as const;
  const answer = await ask(history, connection, asked, { body });
  if (answer?.status !== 200) return undefined;
  return openClientSession(user, toTokens(answer));
}

/** Replaces the password by a token of the session. Records the session that the answer opens as a login. */
export async function changePassword(
  history: Operation[],
  connection: Connection,
  { id, user, accessTokens: [token = ''] }: ClientSession,
  newPassword: string,
): Promise<Answer | undefined> {
  const body = JSON.stringify({ current_password: PASSWORD, new_password: newPassword });
  const headers = { ...HEADERS, authorization: `Bearer ${token}` };
  const asked = { kind: 'change_password', user: user.id, session: id } as const;
  const named = { token: nameToken(token), password: PASSWORD };
  const answer = await ask(history, connection, { ...asked, ...named }, { body, headers });
  if (answer?.status === 200) {
    const opened = { status: 200, session: toTokens(answer).sessionId };
    const names = { client: connection.client, server: connection.server.name, user: user.id };
    const now = performance.now();
    history.push({ kind: 'login', ...names, start: now, end: now, answer: opened });
  }
  return answer;
}

async function ask(
  history: Operation[],
  { client, server }: Connection,
  asked: Pick<Operation, 'user' | 'session' | 'token' | 'password'> & {
    readonly kind: keyof typeof ENDPOINTS;
  },
  init: RequestInit,
): Promise<Answer | undefined> {
  const [method, path] = ENDPOINTS[asked.kind];
  const options = { method, headers: HEADERS, ...init, signal: AbortSignal.timeout(TIMEOUT) };
  const start = performance.now();
  const reply = await send(`${server.url}${path}`, options).catch(() => undefined);
  const end = performance.now();
  const { code, session_id: id, refresh_token: token } = reply?.body ?? {};
  const session = reply && (token ? toTokens(reply).sessionId : id);
  const answer = reply && { status: reply.status, code, session };
  history.push({ ...asked, client, server: server.name, start, end, answer });
  return reply;
}

export function pickRandom<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)] as T;
}

/** Returns the values in turn, one each round. */
export function pickNext<T>(target: { round: number }, values: readonly T[]): T {
  return values[target.round++ % values.length] as T;
}

export function openClientSession(user: User, { access, refresh, sessionId }: Tokens) {
  return {
    id: sessionId,
    user,
    /** Every access token of the session, the newest last. */
    accessTokens: [access],
    refreshToken: refresh,
    /** `undecided`: a revocation was sent and not acknowledged, so it may have taken effect. */
    state: 'live' as 'live' | 'undecided' | 'revoked',
  };
}

/** Names a token without disclosing it: the `jti`, or the counter of a refresh token. */
function nameToken(token: string): string {
  if (token.startsWith('rt1.')) return `refresh ${token.split('.')[3]}`;
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti;
}
