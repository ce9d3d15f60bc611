import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';

/** `POST /oauth/revoke`. The client ignores the body (RFC 7009 section 2.2). */
export const revokeToken: Handler<{ token: string }> = async (ctx, { auth }) => {
  const { credentials, body } = ctx.state;
  const caller = callerOf(ctx);
  await auth.revokeToken({ credentials, token: body.token }, caller);
  ctx.body = {};
};
