import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';
import { bodyText, tokens } from './shared.ts';

const body = z.strictObject({ refresh_token: bodyText('refresh_token', 512) });

const refresh: Handler<z.output<typeof body>> = async ({ auth }, ctx) => {
  const { refresh_token: refreshToken } = ctx.state.body;
  const issued = await auth.refresh({ refreshToken }, callerOf(ctx));
  ctx.body = toWire(tokens, issued);
};

export const refreshRoute: Route = {
  method: 'post',
  path: '/api/auth/refresh',
  summary: 'Exchange a refresh token for new tokens of its session',
  access: 'anyone',
  body,
  answer: tokens,
  handler: refresh,
};
