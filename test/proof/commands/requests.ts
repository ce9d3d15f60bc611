/** A request to every route that is answered well, and what has to be true after that. */
import { introspect, revoke } from '../../helpers/clients.ts';
import { revocationsOn } from '../../helpers/revocations-on.ts';
import { type Answer, post, send, sendAs } from '../../helpers/server.ts';
import { refresh } from '../../helpers/sessions.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from '../../journeys/change-password.ts';
import type { World } from './world.ts';

/** The access tokens of a world, by whose they are. */
const TOKENS = {
  none: () => [],
  mine: ({ asker }: World) => [asker.tokens.access],
  myOther: ({ asker }: World) => [asker.second.access],
  allOfMine: ({ asker }: World) => [asker.tokens.access, asker.second.access],
  allOfAnother: ({ other }: World) => [other.tokens.access, other.second.access],
  everyone: ({ asker, other }: World) =>
    [asker, other].flatMap(({ tokens, second }) => [tokens.access, second.access]),
} satisfies Record<string, (world: World) => readonly string[]>;

export interface GoodRequest {
  /** Method and path of the route table; several requests may be to one route. */
  readonly route: string;
  /** Sets it apart from the other requests to its route. */
  readonly note?: string;
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
  /** Access tokens that no server accepts once it was answered well. All others are accepted all the time. */
  readonly dead: keyof typeof TOKENS;
  /** Returns sentences on what else must not be in the end. */
  check?(url: string, world: World): Promise<readonly string[]>;
}

/** Puts an answer in a word or two: its status, and what distinguishes it from others with that status. */
export function summarize({ status, body }: Answer): string {
  const word = body.code ?? body.error ?? body.active;
  return word === undefined ? String(status) : `${status} ${word}`;
}

/** A request in one line. */
export function nameRequest({ route, note }: GoodRequest): string {
  return note === undefined ? route : `${route} ${note}`;
}

/** Lists the access tokens that the request revokes, and all others. */
export function listTokens({ dead }: GoodRequest, world: World) {
  const revoked: readonly string[] = TOKENS[dead](world);
  return {
    dead: revoked,
    living: TOKENS.everyone(world).filter((token) => !revoked.includes(token)),
  };
}

type Details = Partial<GoodRequest> & { readonly path?: (world: World) => string };

/** Describes a request to this route, by default one that the asker's access token is enough for. */
function to(route: string, { path, ...details }: Details = {}): GoodRequest {
  const [method, own = ''] = route.split(' ');
  const ask = (url: string, world: World) =>
    sendAs(world.asker.tokens.access, url + (path?.(world) ?? own), method);
  return { route, ask, good: '200', dead: 'none', ...details };
}

const openly = (route: string) =>
  to(route, { ask: (url) => send(`${url}${route.replace('GET ', '')}`) });

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
  dead: 'mine',
  prepare({ asker, collections }: World) {
    const { sessionId } = asker.tokens;
    const entry = { sessionId, userId: asker.id, reason: 'logout', revokedBy: asker.id };
    return revocationsOn(collections).revokeSessions([entry]);
  },
} as const;

const anotherUser = ({ other }: World) => `/api/admin/users/${other.id}`;

export const goodRequests: readonly GoodRequest[] = [
  openly('GET /livez'),
  openly('GET /.well-known/jwks.json'),
  openly('GET /readyz'),
  to('POST /api/auth/login', { takesPassword: true, ask: logIn(PASSWORD) }),
  to('POST /api/auth/login', {
    note: 'with a wrong password',
    takesPassword: true,
    ask: logIn('wrong'),
    good: '401 invalid_credentials',
  }),
  to('POST /api/auth/refresh', { ask: renew }),
  to('POST /api/auth/refresh', {
    note: 'with a stolen token',
    prepare: ({ asker: { tokens }, collections: { sessions } }) =>
      sessions.updateOne({ _id: tokens.sessionId }, { $set: { counter: 5 } }),
    ask: renew,
    good: '401 refresh_token_reused',
    dead: 'mine',
  }),
  to('POST /oauth/introspect', { ask: askAsClient, good: '200 true' }),
  to('POST /oauth/revoke', {
    note: 'of an access token',
    ask: (url, { asker, client }) => revoke(url, client, asker.tokens.access),
    dead: 'mine',
  }),
  to('POST /oauth/revoke', {
    note: 'of a refresh token',
    ask: (url, { asker, client }) => revoke(url, client, asker.tokens.refresh),
    dead: 'mine',
  }),
  to('GET /api/auth/me'),
  to('POST /api/auth/logout', { dead: 'mine' }),
  to('POST /api/auth/revoke-all-tokens', { again: ALL_REVOKED, dead: 'allOfMine' }),
  to('POST /api/auth/change-password', {
    takesPassword: true,
    ask: (url, { asker }) => changePassword(url, asker.tokens.access),
    again: ALL_REVOKED,
    dead: 'allOfMine',
    check: checkPasswords,
  }),
  to('GET /api/auth/sessions'),
  to('DELETE /api/auth/sessions/:id', {
    path: ({ asker }) => `/api/auth/sessions/${asker.second.sessionId}`,
    good: '204',
    dead: 'myOther',
  }),
  to('POST /api/auth/sessions/revoke-others', { dead: 'myOther' }),
  to('POST /api/admin/users/:id/revoke-tokens', {
    path: (world) => `${anotherUser(world)}/revoke-tokens`,
    dead: 'allOfAnother',
  }),
  to('POST /api/admin/revoke-everyone', {
    isForEveryone: true,
    again: ALL_REVOKED,
    dead: 'everyone',
  }),
  to('POST /api/admin/revoke-everyone', {
    note: 'as a dry run',
    path: () => '/api/admin/revoke-everyone?dry_run=true',
  }),
  to('GET /api/admin/users/:id/sessions', { path: (world) => `${anotherUser(world)}/sessions` }),
  to('GET /api/admin/audit-events'),
  to('GET /api/admin/stats'),
  to('GET /api/auth/me', {
    note: 'with a revoked token',
    good: '401 token_revoked',
    ...AFTER_LOGOUT,
  }),
  to('POST /oauth/introspect', {
    note: 'of a revoked token',
    ask: askAsClient,
    good: '200 false',
    ...AFTER_LOGOUT,
  }),
  to('POST /api/auth/refresh', {
    note: 'of a revoked session',
    ask: renew,
    good: '401 refresh_token_revoked',
    ...AFTER_LOGOUT,
  }),
];
