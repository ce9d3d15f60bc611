import type { Middleware } from 'koa';
import { principalOf } from '../../lib/caller.ts';
import { AuthError } from '../../lib/errors.ts';
import type { State } from '../context.ts';
import { callerOf } from './identify-caller.ts';

/**
 * Lets a request pass only for a user with this role: 403 `forbidden` with `insufficient_scope` (RFC
 * 6750 section 3.1) otherwise. Comes after `authenticate`: a principal that something else left in
 * `ctx.state` counts for nothing. The user was loaded for this request, so a role taken away counts at once.
 */
export function requireRole(role: string): Middleware<State> {
  if (typeof role !== 'string' || role === '') {
    throw new TypeError('"role" must be a string that is not empty');
  }
  return function requireRole(ctx, next) {
    const { user } = principalOf(callerOf(ctx));
    if (!user.roles.includes(role)) throw new AuthError('forbidden', `It needs the role ${role}`);
    return next();
  };
}
