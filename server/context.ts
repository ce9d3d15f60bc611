import type { Context, ParameterizedContext } from 'koa';
import type { Auth } from '../lib/auth.ts';
import type { Caller, Principal } from '../lib/caller.ts';
import type { ClientCredentials } from '../lib/use-cases/shared/authenticate-client.ts';

/** Key of the caller in `ctx.state`. A symbol, because an application may itself set `ctx.state.caller`. */
export const CALLER: unique symbol = Symbol.for('rescind.caller');

/** Key of the accepted principal in `ctx.state`, which no application can set by accident. */
export const PRINCIPAL: unique symbol = Symbol.for('rescind.principal');

/** Values that middleware sets in `ctx.state` for later middleware. */
export interface State<Body = unknown, Query = unknown> {
  [CALLER]: Caller;
  /** User and session of the accepted token, from which `callerOf` takes them. */
  [PRINCIPAL]?: Principal;
  /** Bearer token of the request, on routes that require a bearer token. */
  token: string;
  /** Unverified credentials of the client, on routes for registered clients. */
  credentials: ClientCredentials;
  /** User and session of the accepted token. */
  principal: Principal;
  body: Body;
  query: Query;
  /** The route that runs, for the log; undefined for a request that matches none. */
  route?: { readonly path: string };
  /** Code of the problem in the response, for the log. */
  problem?: string;
}

/** Koa's context with the state above. */
export type RequestContext<Body = unknown, Query = unknown> = ParameterizedContext<
  State<Body, Query>,
  Context
> & {
  /** Parameters of the path, such as `id`. */
  params: Readonly<Record<string, string>>;
};

/** Dependencies of the handlers. */
export interface Services {
  readonly auth: Auth;
  /** Aborted once the process begins to stop. */
  readonly stopping: AbortSignal;
}

/** Passes the input of a request to a use case and writes the response. */
export type Handler<Body = unknown, Query = unknown> = (
  services: Services,
  ctx: RequestContext<Body, Query>,
) => Promise<void> | void;
