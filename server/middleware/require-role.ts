import type { Middleware } from 'koa';
import { AuthError } from '../../lib/errors.ts';
import type { State } from '../context.ts';

/**
 * Lets a request pass only for a user with this role: 403 `forbidden` with `insufficient_scope` (RFC
 * 6750 section 3.1) otherwise. The user was loaded for this request, so a role taken away counts at once.
 */
export function requireRole(role: string): Middleware<State> {
  return function requireRole(ctx, next) {
    const { user } = ctx.state.principal;
    if (!user.roles.includes(role)) throw new AuthError('forbidden', `It needs the role ${role}`);
    return next();
  };
}
