import type { Handler } from '../context.ts';

/** `POST /api/auth/logout` */
export const logout: Handler = async (ctx, { auth }) => {
  await auth.logout({ token: ctx.state.token }, ctx.state.caller);
  ctx.body = { message: 'Successfully logged out', token_revoked: true };
};
