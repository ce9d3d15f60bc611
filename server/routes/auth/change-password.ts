import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';
import { bodyText, tokens } from './shared.ts';

const body = z.strictObject({
  current_password: bodyText('current_password', 1_024),
  new_password: bodyText('new_password', 1_024),
});

const changePassword: Handler<z.output<typeof body>> = async ({ auth }, ctx) => {
  const { current_password: currentPassword, new_password: newPassword } = ctx.state.body;
  const issued = await auth.changePassword({ currentPassword, newPassword }, callerOf(ctx));
  ctx.body = toWire(tokens, issued);
};

export const changePasswordRoute: Route = {
  method: 'post',
  path: '/api/auth/change-password',
  summary: 'Change the password, end every session and open a new one',
  access: 'principal',
  body,
  answer: tokens,
  handler: changePassword,
};
