import * as z from 'zod';
import { adminRoutes } from './admin-routes.ts';
import type { Handler } from './context.ts';
import { changePassword } from './handlers/change-password.ts';
import { livez, readyz } from './handlers/health.ts';
import { jwks } from './handlers/jwks.ts';
import { login } from './handlers/login.ts';
import { logout } from './handlers/logout.ts';
import { me } from './handlers/me.ts';
import { refresh } from './handlers/refresh.ts';
import { revokeAllTokens } from './handlers/revoke-all-tokens.ts';
import { endOtherSessions, endSession, listSessions } from './handlers/sessions.ts';
import type { BodyType } from './middleware/read-body.ts';
import { oauthRoutes } from './oauth-routes.ts';
import { session } from './session-schema.ts';

/** Who may ask: anyone; whoever sends a bearer token; a registered client; whom an accepted token speaks for; of these, those with the role `admin`. */
export type Access = 'anyone' | 'bearer' | 'client' | 'principal' | 'admin';

/** An endpoint. The router, the validation, the API description and the tests are made from this. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** The body, where the endpoint takes one. */
  readonly body?: z.ZodType;
  /** How the body is sent. Default JSON. */
  readonly bodyType?: BodyType;
  /** The query of the URL, where the endpoint looks at it. */
  readonly query?: z.ZodType;
  /** The body of the answer with status 200; without one the status is 204. */
  readonly answer?: z.ZodType;
  // biome-ignore lint/suspicious/noExplicitAny: each handler knows the body and the query that its route validated
  readonly handler: Handler<any, any>;
}

const text = (name: string, most: number) =>
  z.string(`${name} must be a string.`).max(most, `${name} is too long.`);

const loginBody = z.strictObject({
  email: text('email', 512),
  password: text('password', 1_024),
});

const tokens = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string(),
});

const ownSession = session.extend({ current: z.boolean() });

const check = z.object({
  ok: z.boolean(),
  detail: z.string().optional(),
  needs_operator: z.literal(true).optional(),
});

const published = { kid: z.string(), use: z.literal('sig') };

const publicJwk = z.discriminatedUnion('kty', [
  z.object({
    ...published,
    kty: z.literal('OKP'),
    alg: z.literal('EdDSA'),
    crv: z.literal('Ed25519'),
    x: z.string(),
  }),
  z.object({
    ...published,
    kty: z.literal('RSA'),
    alg: z.literal('RS256'),
    n: z.string(),
    e: z.string(),
  }),
]);

export const routes: readonly Route[] = [
  {
    method: 'post',
    path: '/api/auth/login',
    summary: 'Exchange an e-mail address and a password for an access token and a refresh token',
    access: 'anyone',
    body: loginBody,
    answer: tokens,
    handler: login,
  },
  {
    method: 'post',
    path: '/api/auth/refresh',
    summary: 'Exchange a refresh token for new tokens of its session',
    access: 'anyone',
    body: z.strictObject({ refresh_token: text('refresh_token', 512) }),
    answer: tokens,
    handler: refresh,
  },
  {
    method: 'get',
    path: '/api/auth/me',
    summary: 'Whom the token speaks for',
    access: 'principal',
    answer: z.object({
      id: z.uuid(),
      email: z.string(),
      name: z.string(),
      company_id: z.string(),
      roles: z.array(z.string()),
      session_id: z.uuid(),
    }),
    handler: me,
  },
  {
    method: 'post',
    path: '/api/auth/logout',
    summary: 'Revoke the token and its session',
    access: 'bearer',
    answer: z.object({
      message: z.literal('Successfully logged out'),
      token_revoked: z.literal(true),
    }),
    handler: logout,
  },
  {
    method: 'post',
    path: '/api/auth/revoke-all-tokens',
    summary: 'Revoke every token of the user',
    access: 'principal',
    answer: z.object({
      message: z.literal('All tokens revoked successfully'),
      success: z.literal(true),
    }),
    handler: revokeAllTokens,
  },
  {
    method: 'post',
    path: '/api/auth/change-password',
    summary: 'Change the password, end every session and open a new one',
    access: 'principal',
    body: z.strictObject({
      current_password: text('current_password', 1_024),
      new_password: text('new_password', 1_024),
    }),
    answer: tokens,
    handler: changePassword,
  },
  {
    method: 'get',
    path: '/api/auth/sessions',
    summary: 'The live sessions of the user, the newest first',
    access: 'principal',
    answer: z.object({ sessions: z.array(ownSession) }),
    handler: listSessions,
  },
  {
    method: 'delete',
    path: '/api/auth/sessions/:id',
    summary: 'End one session of the user',
    access: 'principal',
    handler: endSession,
  },
  {
    method: 'post',
    path: '/api/auth/sessions/revoke-others',
    summary: 'End every session of the user but the one that asks',
    access: 'principal',
    answer: z.object({ sessions_ended: z.int() }),
    handler: endOtherSessions,
  },
  ...oauthRoutes,
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'The public keys to verify access tokens by; they tell nothing of revocations',
    access: 'anyone',
    answer: z.object({ keys: z.array(publicJwk) }),
    handler: jwks,
  },
  ...adminRoutes,
  {
    method: 'get',
    path: '/livez',
    summary: 'Whether the process is alive',
    access: 'anyone',
    answer: z.object({ status: z.literal('alive') }),
    handler: livez,
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether requests can be served',
    access: 'anyone',
    answer: z.object({
      status: z.enum(['ready', 'not_ready', 'stopping']),
      checks: z.object({
        database: check,
        schema: check,
        sentinel: check,
        skew: check,
        signing_key: check,
      }),
    }),
    handler: readyz,
  },
];
