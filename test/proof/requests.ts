/** What clients ask of servers over HTTP, each request recorded. */
import type { User } from '../../lib/store/users.ts';
import { SECOND } from '../../lib/time.ts';
import { send } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';
import { type HeldSession, held, nameOf, sessionOf } from './held-session.ts';
import type { Answer, Kind, Recorder } from './history.ts';

export interface Server {
  readonly name: string;
  readonly url: string;
}

/** Who asks whom. */
export interface Way {
  readonly client: string;
  readonly server: Server;
}

/** Far longer than any REQUEST_DEADLINE: whoever hears nothing for so long is not answered. */
const PATIENCE = 20 * SECOND;

/** One name for all clients. */
const HEADERS = { 'user-agent': 'proof', 'content-type': 'application/json' };

interface Reply extends Answer {
  readonly body: { access_token: string; refresh_token: string };
}

export type Requests = ReturnType<typeof createRequests>;

/** Requests that are recorded. Each answers undefined where no answer came. */
export function createRequests(recorder: Recorder) {
  function ask(way: Way, kind: Kind, session: HeldSession, token: string, init: RequestInit) {
    const { user, id } = session;
    const asked = { kind, ...namesOf(way), user: user.id, session: id, token: nameOf(token) };
    return recorder.record(asked, () => answerOf(`${way.server.url}${PATHS[kind]}`, init));
  }

  function askAs(way: Way, kind: Kind, session: HeldSession, method: string) {
    const token = anyOf(session.accessTokens);
    const headers = { ...HEADERS, authorization: `Bearer ${token}` };
    return ask(way, kind, session, token, { method, headers });
  }

  return {
    me: (way: Way, session: HeldSession) => askAs(way, 'me', session, 'GET'),
    logout: (way: Way, session: HeldSession) => askAs(way, 'logout', session, 'POST'),
    revokeAll: (way: Way, session: HeldSession) => askAs(way, 'revoke_all', session, 'POST'),

    /** The session then holds the new tokens as well. */
    async refresh(way: Way, session: HeldSession) {
      const { refreshToken } = session;
      const init = post({ refresh_token: refreshToken });
      const reply = await ask(way, 'refresh', session, refreshToken, init);
      if (reply?.status === 200) {
        session.accessTokens.push(reply.body.access_token);
        session.refreshToken = reply.body.refresh_token;
      }
      return reply;
    },

    /** Answers the session that was opened, if one was. */
    async login(way: Way, user: User): Promise<HeldSession | undefined> {
      const init = post({ email: user.email, password: PASSWORD });
      const asked = { kind: 'login', ...namesOf(way), user: user.id } as const;
      const url = `${way.server.url}${PATHS.login}`;
      const reply = await recorder.record(asked, () => answerOf(url, init));
      if (reply?.status !== 200) return undefined;
      const { access_token: accessToken, refresh_token: refreshToken } = reply.body;
      return held(user, { accessToken, refreshToken });
    },
  };
}

const PATHS: Readonly<Record<Kind, string>> = {
  login: '/api/auth/login',
  me: '/api/auth/me',
  logout: '/api/auth/logout',
  refresh: '/api/auth/refresh',
  revoke_all: '/api/auth/revoke-all-tokens',
};

function namesOf({ client, server }: Way) {
  return { client, server: server.name };
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: HEADERS, body: JSON.stringify(body) };
}

async function answerOf(url: string, init: RequestInit): Promise<Reply | undefined> {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await send(url, { ...init, signal }).catch(() => undefined);
  if (answer === undefined) return undefined;
  const { status, body } = answer;
  const { code, session_id: id, refresh_token: token } = body;
  return { status, code, session: id ?? (token && sessionOf(token)), body };
}

/** One of them, whichever. */
export function anyOf<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)] as T;
}
