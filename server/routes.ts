import * as z from 'zod';
import type { Handler } from './context.ts';
import { livez, readyz } from './handlers/health.ts';
import { login } from './handlers/login.ts';
import { logout } from './handlers/logout.ts';
import { me } from './handlers/me.ts';
import { revokeAllTokens } from './handlers/revoke-all-tokens.ts';

/** Who may ask: anyone; whoever sends a bearer token; or whom an accepted token speaks for. */
export type Access = 'anyone' | 'bearer' | 'principal';

/** An endpoint. The router, the validation, the API description and the tests are made from this. */
export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** The JSON body, where the endpoint takes one. */
  readonly body?: z.ZodType;
  /** The body of the answer with status 200. */
  readonly answer: z.ZodType;
  // biome-ignore lint/suspicious/noExplicitAny: each handler knows the body that its route validated
  readonly handler: Handler<any>;
}

const text = (name: string, most: number) =>
  z.string(`${name} must be a string.`).max(most, `${name} is too long.`);

const loginBody = z.strictObject({
  email: text('email', 512),
  password: text('password', 1_024),
});

const check = z.object({
  ok: z.boolean(),
  detail: z.string().optional(),
  needs_operator: z.literal(true).optional(),
});

export const routes: readonly Route[] = [
  {
    method: 'post',
    path: '/api/auth/login',
    summary: 'Exchange an e-mail address and a password for an access token',
    access: 'anyone',
    body: loginBody,
    answer: z.object({
      access_token: z.string(),
      token_type: z.literal('Bearer'),
      expires_in: z.int(),
    }),
    handler: login,
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
      checks: z.object({ database: check, schema: check, sentinel: check, skew: check }),
    }),
    handler: readyz,
  },
];
