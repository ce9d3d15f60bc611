import * as z from 'zod';
import { changePassword } from '../handlers/change-password.ts';
import { login } from '../handlers/login.ts';
import { logout } from '../handlers/logout.ts';
import { me } from '../handlers/me.ts';
import { refresh } from '../handlers/refresh.ts';
import { revokeAllTokens } from '../handlers/revoke-all-tokens.ts';
import { endOtherSessions, endSession, listSessions } from '../handlers/sessions.ts';
import type { Route } from './route.ts';
import { session } from './session-answer.ts';

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

/** What users ask for: to come in, to stay, to leave. */
export const authRoutes: readonly Route[] = [
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
      id: z.string(),
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
];
