import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';

/** `POST /api/auth/logout` */
export const logout: Handler = async (ctx, { auth }) => {
  await auth.logout({ token: ctx.state.token }, callerOf(ctx));
  ctx.body = { message: 'Successfully logged out', token_revoked: true };
};
