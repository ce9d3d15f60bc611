import type { LoginInput } from '../../lib/use-cases/login.ts';
import type { Handler } from '../context.ts';

/** `POST /api/auth/login` */
export const login: Handler<LoginInput> = async (ctx, { auth }) => {
  const grant = await auth.login(ctx.state.body, ctx.state.caller);
  ctx.body = {
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: grant.expiresIn,
  };
};
