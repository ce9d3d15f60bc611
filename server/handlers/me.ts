import type { Handler } from '../context.ts';

/** `GET /api/auth/me` */
export const me: Handler = (ctx) => {
  const { user, sessionId } = ctx.state.principal;
  ctx.body = {
    id: user.id,
    email: user.email,
    name: user.name,
    company_id: user.companyId,
    roles: user.roles,
    session_id: sessionId,
  };
};
