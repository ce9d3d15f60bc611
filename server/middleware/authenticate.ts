import type { Middleware } from 'koa';
import type { Auth } from '../../lib/auth.ts';
import { CALLER, type RequestContext, type State } from '../context.ts';
import { HttpProblem } from '../problems.ts';
import { authorizationOf } from './authorization-header.ts';
import { callerOf } from './identify-caller.ts';

/**
 * Lets a request pass only with a valid access token that is not revoked, checked against the
 * database each time. Leaves `ctx.state.principal`: the user and the session.
 *
 * @example
 * app.use(handleErrors());
 * app.use(authenticate(auth));
 * app.use((ctx) => { ctx.body = `Hello ${ctx.state.principal.user.name}`; });
 *
 * In TypeScript `new Koa<State>()` types `ctx.state` for middleware that is not chained to this one.
 */
export function authenticate(auth: Pick<Auth, 'authenticate'>): Middleware<State> {
  if (typeof auth?.authenticate !== 'function') {
    throw new TypeError('"auth" must be what createAuth answers; is an await missing?');
  }
  return async function authenticate(ctx, next) {
    const token = bearerToken(ctx);
    const caller = callerOf(ctx);
    const principal = await auth.authenticate({ token }, caller);
    Object.assign(ctx.state, { token, principal, [CALLER]: { ...caller, principal } });
    return next();
  };
}

/** Lets a request pass with any bearer token, for the one use case that takes a token as it is: logout. */
export function requireBearer(): Middleware<State> {
  return function requireBearer(ctx, next) {
    ctx.state.token = bearerToken(ctx);
    return next();
  };
}

/** The token of the Authorization header (RFC 6750 section 2.1), and of no other place. */
function bearerToken(ctx: Pick<RequestContext, 'req' | 'get'>): string {
  const [, token] = /^Bearer +(\S.*)$/i.exec(authorizationOf(ctx)) ?? [];
  if (token === undefined) throw new HttpProblem('missing_token');
  return token;
}
