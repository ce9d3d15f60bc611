import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';
import { tokensOf } from './tokens.ts';

interface Body {
  readonly current_password: string;
  readonly new_password: string;
}

/** `POST /api/auth/change-password` */
export const changePassword: Handler<Body> = async (ctx, { auth }) => {
  const { current_password: currentPassword, new_password: newPassword } = ctx.state.body;
  const input = { currentPassword, newPassword };
  ctx.body = tokensOf(await auth.changePassword(input, callerOf(ctx)));
};
