/** A good request to every route. */
import { introspect, revoke } from '../helpers/clients.ts';
import { revocationsOn } from '../helpers/revocations-on.ts';
import { post, send } from '../helpers/server.ts';
import { refresh } from '../helpers/sessions.ts';
import { PASSWORD } from '../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from '../journeys/change-password.ts';
import {
  ALL_REVOKED,
  allButMine,
  allButMyOther,
  asAsker,
  bothOfAnother,
  bothOfMine,
  everyone,
  type GoodRequest,
  mine,
  myOther,
  toldOf,
} from './good-request.ts';
import type { World } from './world.ts';

/** What is left to the owner of a password that has been changed. */
async function hasNewPassword(url: string, { asker: { email } }: World) {
  const tell = async (password: string) =>
    toldOf(await post(`${url}/api/auth/login`, { email, password }));
  const [old, next] = [await tell(PASSWORD), await tell(NEW_PASSWORD)];
  return [
    ...(old === '401 invalid_credentials' ? [] : [`the old password is answered ${old}`]),
    ...(next === '200' ? [] : [`the new password is answered ${next}`]),
  ];
}

async function endSession({ asker, collections }: World) {
  const { sessionId } = asker.tokens;
  const cause = { reason: 'logout', revokedBy: asker.id };
  await revocationsOn(collections).revokeSessions([{ sessionId, userId: asker.id, ...cause }]);
}

const openRequests: readonly GoodRequest[] = [
  { route: 'GET /livez', ask: (url) => send(`${url}/livez`), good: '200' },
  {
    route: 'GET /.well-known/jwks.json',
    ask: (url) => send(`${url}/.well-known/jwks.json`),
    good: '200',
  },
  { route: 'GET /readyz', ask: (url) => send(`${url}/readyz`), good: '200' },
  {
    route: 'POST /api/auth/login',
    takesPassword: true,
    ask: (url, { asker: { email } }) =>
      post(`${url}/api/auth/login`, { email, password: PASSWORD }),
    good: '200',
    live: everyone,
  },
  {
    route: 'POST /api/auth/login',
    takesPassword: true,
    note: 'with a wrong password',
    ask: (url, { asker: { email } }) => post(`${url}/api/auth/login`, { email, password: 'wrong' }),
    good: '401 invalid_credentials',
    live: everyone,
  },
  {
    route: 'POST /api/auth/refresh',
    ask: (url, { asker }) => refresh(url, asker.tokens.refresh),
    good: '200',
    live: everyone,
  },
  {
    route: 'POST /api/auth/refresh',
    note: 'with a stolen token',
    prepare: ({ asker: { tokens }, collections: { sessions } }) =>
      sessions.updateOne({ _id: tokens.sessionId }, { $set: { counter: 5 } }),
    ask: (url, { asker }) => refresh(url, asker.tokens.refresh),
    good: '401 refresh_token_reused',
    dead: mine,
    live: allButMine,
  },
  {
    route: 'POST /oauth/introspect',
    ask: (url, { asker, client }) => introspect(url, client, asker.tokens.access),
    good: '200 true',
    live: everyone,
  },
  {
    route: 'POST /oauth/revoke',
    note: 'of an access token',
    ask: (url, { asker, client }) => revoke(url, client, asker.tokens.access),
    good: '200',
    dead: mine,
    live: allButMine,
  },
  {
    route: 'POST /oauth/revoke',
    note: 'of a refresh token',
    ask: (url, { asker, client }) => revoke(url, client, asker.tokens.refresh),
    good: '200',
    dead: mine,
    live: allButMine,
  },
];

const ownRequests: readonly GoodRequest[] = [
  {
    route: 'GET /api/auth/me',
    ask: asAsker('GET', '/api/auth/me'),
    good: '200',
    live: everyone,
  },
  {
    route: 'POST /api/auth/logout',
    ask: asAsker('POST', '/api/auth/logout'),
    good: '200',
    dead: mine,
    live: allButMine,
  },
  {
    route: 'POST /api/auth/revoke-all-tokens',
    ask: asAsker('POST', '/api/auth/revoke-all-tokens'),
    good: '200',
    again: ALL_REVOKED,
    dead: bothOfMine,
    live: bothOfAnother,
  },
  {
    route: 'POST /api/auth/change-password',
    takesPassword: true,
    ask: (url, { asker }) => changePassword(url, asker.tokens.access),
    good: '200',
    again: ALL_REVOKED,
    dead: bothOfMine,
    live: bothOfAnother,
    check: hasNewPassword,
  },
  {
    route: 'GET /api/auth/sessions',
    ask: asAsker('GET', '/api/auth/sessions'),
    good: '200',
    live: everyone,
  },
  {
    route: 'DELETE /api/auth/sessions/:id',
    ask: asAsker('DELETE', ({ asker }) => `/api/auth/sessions/${asker.second.sessionId}`),
    good: '204',
    dead: myOther,
    live: allButMyOther,
  },
  {
    route: 'POST /api/auth/sessions/revoke-others',
    ask: asAsker('POST', '/api/auth/sessions/revoke-others'),
    good: '200',
    dead: myOther,
    live: allButMyOther,
  },
];

const adminRequests: readonly GoodRequest[] = [
  {
    route: 'POST /api/admin/users/:id/revoke-tokens',
    ask: asAsker('POST', ({ other }) => `/api/admin/users/${other.id}/revoke-tokens`),
    good: '200',
    dead: bothOfAnother,
    live: bothOfMine,
  },
  {
    route: 'POST /api/admin/revoke-everyone',
    isForEveryone: true,
    ask: asAsker('POST', '/api/admin/revoke-everyone'),
    good: '200',
    again: ALL_REVOKED,
    dead: everyone,
  },
  {
    route: 'POST /api/admin/revoke-everyone',
    note: 'as a dry run',
    ask: asAsker('POST', '/api/admin/revoke-everyone?dry_run=true'),
    good: '200',
    live: everyone,
  },
  {
    route: 'GET /api/admin/users/:id/sessions',
    ask: asAsker('GET', ({ other }) => `/api/admin/users/${other.id}/sessions`),
    good: '200',
    live: everyone,
  },
  {
    route: 'GET /api/admin/audit-events',
    ask: asAsker('GET', '/api/admin/audit-events'),
    good: '200',
    live: everyone,
  },
  {
    route: 'GET /api/admin/stats',
    ask: asAsker('GET', '/api/admin/stats'),
    good: '200',
    live: everyone,
  },
];

/** The same after a logout: no fault may make it good again. */
const afterLogout = { prepare: endSession, dead: mine };

const revokedRequests: readonly GoodRequest[] = [
  {
    route: 'GET /api/auth/me',
    note: 'with a revoked token',
    ask: asAsker('GET', '/api/auth/me'),
    good: '401 token_revoked',
    ...afterLogout,
  },
  {
    route: 'POST /oauth/introspect',
    note: 'of a revoked token',
    ask: (url, { asker, client }) => introspect(url, client, asker.tokens.access),
    good: '200 false',
    ...afterLogout,
  },
  {
    route: 'POST /api/auth/refresh',
    note: 'of a revoked session',
    ask: (url, { asker }) => refresh(url, asker.tokens.refresh),
    good: '401 refresh_token_revoked',
    ...afterLogout,
  },
];

export const goodRequests: readonly GoodRequest[] = [
  ...openRequests,
  ...ownRequests,
  ...adminRequests,
  ...revokedRequests,
];
