import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';
import { tokensOf } from './tokens.ts';

/** `POST /api/auth/refresh` */
export const refresh: Handler<{ refresh_token: string }> = async (ctx, { auth }) => {
  const { refresh_token: refreshToken } = ctx.state.body;
  ctx.body = tokensOf(await auth.refresh({ refreshToken }, callerOf(ctx)));
};
