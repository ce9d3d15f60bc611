/** A request to every route that is answered well, and what has to be true after that. */
import { introspect, revoke } from '../helpers/clients.ts';
import { revocationsOn } from '../helpers/revocations-on.ts';
import { type Answer, post, send, sendAs } from '../helpers/server.ts';
import { refresh, type Tokens } from '../helpers/sessions.ts';
import { PASSWORD } from '../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from '../journeys/change-password.ts';
import type { World } from './world.ts';

/** The sessions of a world, by whose they are. */
const SESSIONS = {
  none: () => [],
  mine: ({ asker }: World) => [asker.tokens],
  myOther: ({ asker }: World) => [asker.second],
  allOfMine: ({ asker }: World) => [asker.tokens, asker.second],
  allOfAnother: ({ other }: World) => [other.tokens, other.second],
  everyone: ({ asker, other }: World) => [asker.tokens, asker.second, other.tokens, other.second],
} satisfies Record<string, (world: World) => readonly Tokens[]>;

export interface GoodRequest {
  /** Method and path of the route table, and what sets it apart from other requests to its route. */
  readonly name: string;
  readonly route: string;
  /** It has a password checked, which takes its time. */
  readonly takesPassword?: boolean;
  /** It reaches every user there is, and needs a database of its own. */
  readonly isForEveryone?: boolean;
  /** Prepares the world. */
  prepare?(world: World): Promise<unknown>;
  ask(url: string, world: World): Promise<Answer>;
  /** The answer where nothing fails, as `summarize` has it. */
  readonly good: string;
  /** Another answer that it may have when it is sent again. */
  readonly again?: string;
  /** Sessions of which no server accepts the access token once it was answered well. All others are accepted all the time. */
  readonly ends: keyof typeof SESSIONS;
  /** The session lives on, by its refresh token. */
  readonly endsTokenOnly?: boolean;
  /** Returns sentences on what else must not be in the end. */
  check?(url: string, world: World): Promise<readonly string[]>;
}

/** Puts an answer in a word or two: its status, and what distinguishes it from others with that status. */
export function summarize({ status, body }: Answer): string {
  const word = body.code ?? body.error ?? body.active;
  return word === undefined ? String(status) : `${status} ${word}`;
}

/** Lists the sessions that the request ends, and all others. */
export function listSessions({ ends }: GoodRequest, world: World) {
  const ended: readonly Tokens[] = SESSIONS[ends](world);
  return { ended, living: SESSIONS.everyone(world).filter((tokens) => !ended.includes(tokens)) };
}

const logIn =
  (password: string): GoodRequest['ask'] =>
  (url, { asker: { email } }) =>
    post(`${url}/api/auth/login`, { email, password });

const renew: GoodRequest['ask'] = (url, { asker }) => refresh(url, asker.tokens.refresh);
const askAsClient: GoodRequest['ask'] = (url, { asker, client }) =>
  introspect(url, client, asker.tokens.access);

/** The answer to whoever has revoked the very token that is sent again. */
const ALL_REVOKED = '401 user_tokens_revoked';

async function checkPasswords(url: string, world: World): Promise<readonly string[]> {
  const old = summarize(await logIn(PASSWORD)(url, world));
  const next = summarize(await logIn(NEW_PASSWORD)(url, world));
  return [
    ...(old === '401 invalid_credentials' ? [] : [`the old password is answered ${old}`]),
    ...(next === '200' ? [] : [`the new password is answered ${next}`]),
  ];
}

/** The session is revoked before: no fault may make it good again. */
const AFTER_LOGOUT = {
  ends: 'mine',
  prepare({ asker, collections }: World) {
    const { sessionId } = asker.tokens;
    const entry = { sessionId, userId: asker.id, reason: 'logout', revokedBy: asker.id };
    return revocationsOn(collections).revokeSessions([entry]);
  },
} as const;

const anotherUser = ({ other }: World) => `/api/admin/users/${other.id}`;

/** Requests by name. By default the asker's access token is enough for them, and they end no session. */
const REQUESTS: Readonly<
  Record<string, Partial<GoodRequest> & { readonly path?: (world: World) => string }>
> = {
  'GET /livez': { ask: (url) => send(`${url}/livez`) },
  'GET /.well-known/jwks.json': { ask: (url) => send(`${url}/.well-known/jwks.json`) },
  'GET /readyz': { ask: (url) => send(`${url}/readyz`) },
  'POST /api/auth/login': { takesPassword: true, ask: logIn(PASSWORD) },
  'POST /api/auth/login with a wrong password': {
    takesPassword: true,
    ask: logIn('wrong'),
    good: '401 invalid_credentials',
  },
  'POST /api/auth/refresh': { ask: renew },
  'POST /api/auth/refresh with a stolen token': {
    prepare: ({ asker: { tokens }, collections: { sessions } }) =>
      sessions.updateOne({ _id: tokens.sessionId }, { $set: { counter: 5 } }),
    ask: renew,
    good: '401 refresh_token_reused',
    ends: 'mine',
  },
  'POST /oauth/introspect': { ask: askAsClient, good: '200 true' },
  'POST /oauth/revoke of an access token': {
    ask: (url, { asker, client }) => revoke(url, client, asker.tokens.access),
    ends: 'mine',
    endsTokenOnly: true,
  },
  'POST /oauth/revoke of a refresh token': {
    ask: (url, { asker, client }) => revoke(url, client, asker.tokens.refresh),
    ends: 'mine',
  },
  'GET /api/auth/me': {},
  'POST /api/auth/logout': { ends: 'mine' },
  'POST /api/auth/revoke-all-tokens': { again: ALL_REVOKED, ends: 'allOfMine' },
  'POST /api/auth/change-password': {
    takesPassword: true,
    ask: (url, { asker }) => changePassword(url, asker.tokens.access),
    again: ALL_REVOKED,
    ends: 'allOfMine',
    check: checkPasswords,
  },
  'GET /api/auth/sessions': {},
  'DELETE /api/auth/sessions/:id': {
    path: ({ asker }) => `/api/auth/sessions/${asker.second.sessionId}`,
    good: '204',
    ends: 'myOther',
  },
  'POST /api/auth/sessions/revoke-others': { ends: 'myOther' },
  'POST /api/admin/users/:id/revoke-tokens': {
    path: (world) => `${anotherUser(world)}/revoke-tokens`,
    ends: 'allOfAnother',
  },
  'POST /api/admin/revoke-everyone': { isForEveryone: true, again: ALL_REVOKED, ends: 'everyone' },
  'POST /api/admin/revoke-everyone as a dry run': {
    path: () => '/api/admin/revoke-everyone?dry_run=true',
  },
  'GET /api/admin/users/:id/sessions': { path: (world) => `${anotherUser(world)}/sessions` },
  'GET /api/admin/audit-events': {},
  'GET /api/admin/stats': {},
  'GET /api/auth/me with a revoked token': { good: '401 token_revoked', ...AFTER_LOGOUT },
  'POST /oauth/introspect of a revoked token': {
    ask: askAsClient,
    good: '200 false',
    ...AFTER_LOGOUT,
  },
  'POST /api/auth/refresh of a revoked session': {
    ask: renew,
    good: '401 refresh_token_revoked',
    ...AFTER_LOGOUT,
  },
};

export const goodRequests = Object.entries(REQUESTS).map(
  ([name, { path, ...details }]): GoodRequest => {
    const [method = '', own = ''] = name.split(' ');
    const ask = (url: string, world: World) =>
      sendAs(world.asker.tokens.access, url + (path?.(world) ?? own), method);
    return { name, route: `${method} ${own}`, ask, good: '200', ends: 'none', ...details };
  },
);

/** The requests that end sessions of one user which are live before. */
export const endingRequests = goodRequests.filter(
  ({ ends, endsTokenOnly, isForEveryone, prepare }) =>
    ends !== 'none' && !endsTokenOnly && !isForEveryone && prepare !== AFTER_LOGOUT.prepare,
);
