import type { Middleware } from 'koa';
import type { Auth } from '../../lib/auth.ts';
import type { Principal } from '../../lib/caller.ts';
import type { UseCase } from '../../lib/use-case.ts';
import type { AuthenticateInput } from '../../lib/use-cases/authenticate.ts';
import { PRINCIPAL, type RequestContext, type State } from '../context.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './begin-request.ts';
import { countHeader } from './reject-malformed.ts';

/**
 * Requires a valid access token. Checks for every request whether the token is revoked: a server that follows recalls a
 * known token in this turn, and reads from the database for every other. Sets `ctx.state.principal` to the user and the
 * session.
 *
 * @example
 * app.use(handleErrors());
 * app.use(authenticate(auth));
 * app.use((ctx) => { ctx.body = `Hello ${ctx.state.principal.user.name}`; });
 *
 * In TypeScript, `new Koa<State>()` declares the type of `ctx.state` for all middleware of the application.
 */
export function authenticate(auth: Authenticator): Middleware<State> {
  if (typeof auth?.authenticate !== 'function') {
    throw new TypeError('"auth" must be the result of createAuth; is an await missing?');
  }
  return function authenticate(ctx, next) {
    const { state } = ctx;
    state.token = readBearerToken(ctx);
    const principal = auth.authenticate.recall?.(state.token);
    if (principal === undefined) return readAndContinue(auth, ctx, next);
    accept(state, principal);
    return next();
  };
}

/** The part of an Auth that the middleware needs. A function without `recall` is called for every request. */
export interface Authenticator {
  readonly authenticate: UseCase<AuthenticateInput, Principal> & Partial<Pick<Auth, 'recall'>>;
}

async function readAndContinue(
  auth: Authenticator,
  ctx: Pick<RequestContext, 'ip' | 'get' | 'req' | 'state'>,
  next: () => Promise<unknown>,
): Promise<unknown> {
  const { state } = ctx;
  accept(state, await auth.authenticate({ token: state.token }, callerOf(ctx)));
  return next();
}

function accept(state: State, principal: Principal): void {
  state.principal = principal;
  state[PRINCIPAL] = principal;
}

/** Requires a bearer token. Does not verify the token, because logout also accepts a revoked token. */
export function requireBearer(): Middleware<State> {
  return function requireBearer(ctx, next) {
    ctx.state.token = readBearerToken(ctx);
    return next();
  };
}

/** Matches the scheme in front of a token, and not the token, which is long. */
const BEARER = /^Bearer +(?=\S)/i;

/** Reads the bearer token from the Authorization header only (RFC 6750 section 2.1). */
function readBearerToken(ctx: Pick<RequestContext, 'req'>): string {
  const header = readAuthorization(ctx);
  const [scheme] = BEARER.exec(header) ?? [];
  if (scheme === undefined) throw new HttpProblem('missing_token');
  return header.slice(scheme.length);
}

/** Returns the Authorization header, or '' if there is none. Throws HttpProblem if there are several. */
export function readAuthorization(ctx: Pick<RequestContext, 'req'>): string {
  if (countHeader('authorization', ctx.req.rawHeaders) > 1) {
    throw new HttpProblem('several_credentials');
  }
  return ctx.req.headers.authorization ?? '';
}
