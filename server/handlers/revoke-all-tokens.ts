import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';

/** `POST /api/auth/revoke-all-tokens` */
export const revokeAllTokens: Handler = async (ctx, { auth }) => {
  await auth.revokeAllTokens({}, callerOf(ctx));
  ctx.body = { message: 'All tokens revoked successfully', success: true };
};
