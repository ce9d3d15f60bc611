import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { tokenForm } from './token-form.ts';

const revokeToken: Handler<z.output<typeof tokenForm>> = async ({ auth }, ctx) => {
  const { credentials, body } = ctx.state;
  await auth.revokeToken({ credentials, token: body.token }, callerOf(ctx));
  ctx.body = {}; // without members, because clients ignore the body (RFC 7009 section 2.2)
};

export const revokeRoute: Route = {
  method: 'post',
  path: '/oauth/revoke',
  summary: 'Revoke an access token, or a refresh token and its session (RFC 7009)',
  access: 'client',
  bodyType: 'form',
  body: tokenForm,
  answer: z.strictObject({}),
  handler: revokeToken,
};
