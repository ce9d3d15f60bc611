import type { ActiveToken } from '../../lib/use-cases/introspect.ts';
import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';

/** `POST /oauth/introspect` */
export const introspect: Handler<{ token: string }> = async (ctx, { auth }) => {
  const { credentials, body } = ctx.state;
  const caller = callerOf(ctx);
  const active = await auth.introspect({ credentials, token: body.token }, caller);
  ctx.body = active === undefined ? { active: false } : answerOf(active);
};

/** RFC 7662 section 2.2, and what `/me` tells of a user: a service in another language needs it as much. */
function answerOf({ claims, user }: ActiveToken) {
  const { iss, sub, aud, client_id, sid, jti, iat, exp, auth_time } = claims;
  return {
    active: true,
    ...{ iss, sub, aud, client_id, sid, jti, iat, exp, auth_time },
    token_type: 'Bearer',
    username: user.email,
    company_id: user.companyId,
    roles: user.roles,
  };
}
