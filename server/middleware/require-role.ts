import type { Middleware } from 'koa';
import { toPrincipal } from '../../lib/caller.ts';
import { AuthError } from '../../lib/errors.ts';
import type { State } from '../context.ts';
import { callerOf } from './begin-request.ts';

/**
 * Requires a user with this role. Throws AuthError `forbidden` (403, `insufficient_scope`, RFC 6750 section 3.1).
 * Runs after `authenticate`. Ignores a principal that other middleware set in `ctx.state`. The user is loaded for
 * each request, so the removal of a role takes effect at once.
 */
export function requireRole(role: string): Middleware<State> {
  if (typeof role !== 'string' || role === '') {
    throw new TypeError('"role" must be a non-empty string');
  }
  return function requireRole(ctx, next) {
    const { user } = toPrincipal(callerOf(ctx));
    if (user.roles.includes(role)) return next();
    throw new AuthError('forbidden', `Missing required role ${role}`);
  };
}
