import type { LoginInput } from '../../lib/use-cases/login.ts';
import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';
import { tokensOf } from './tokens.ts';

/** `POST /api/auth/login` */
export const login: Handler<LoginInput> = async (ctx, { auth }) => {
  ctx.body = tokensOf(await auth.login(ctx.state.body, callerOf(ctx)));
};
