import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';

const loggedOut = z.object({
  message: z.literal('Successfully logged out'),
  token_revoked: z.literal(true),
});

const logout: Handler = async ({ auth }, ctx) => {
  await auth.logout({ token: ctx.state.token }, callerOf(ctx));
  ctx.body = toWire(loggedOut, {});
};

export const logoutRoute: Route = {
  method: 'post',
  path: '/api/auth/logout',
  summary: 'Revoke the token and its session',
  access: 'bearer',
  answer: loggedOut,
  handler: logout,
};

const allRevoked = z.object({
  message: z.literal('All tokens revoked successfully'),
  success: z.literal(true),
});

const revokeAllTokens: Handler = async ({ auth }, ctx) => {
  await auth.revokeAllTokens({}, callerOf(ctx));
  ctx.body = toWire(allRevoked, {});
};

export const revokeAllTokensRoute: Route = {
  method: 'post',
  path: '/api/auth/revoke-all-tokens',
  summary: 'Revoke every token of the user',
  access: 'principal',
  answer: allRevoked,
  handler: revokeAllTokens,
};
