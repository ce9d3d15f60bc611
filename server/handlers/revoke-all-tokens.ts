import type { Handler } from '../context.ts';

/** `POST /api/auth/revoke-all-tokens` */
export const revokeAllTokens: Handler = async (ctx, { auth }) => {
  await auth.revokeAllTokens({}, ctx.state.caller);
  ctx.body = { message: 'All tokens revoked successfully', success: true };
};
