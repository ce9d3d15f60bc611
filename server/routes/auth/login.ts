import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';
import { bodyText, tokens } from './shared.ts';

const body = z.strictObject({
  email: bodyText('email', 512),
  password: bodyText('password', 1_024),
});

const login: Handler<z.output<typeof body>> = async ({ auth }, ctx) => {
  const issued = await auth.login(ctx.state.body, callerOf(ctx));
  ctx.body = toWire(tokens, issued);
};

export const loginRoute: Route = {
  method: 'post',
  path: '/api/auth/login',
  summary: 'Exchange an e-mail address and a password for an access token and a refresh token',
  access: 'anyone',
  body,
  answer: tokens,
  handler: login,
};
