import type { Context, ParameterizedContext } from 'koa';
import type { Auth } from '../lib/auth.ts';
import type { Caller, Principal } from '../lib/caller.ts';
import type { ClientCredentials } from '../lib/use-cases/shared/authenticate-client.ts';

/** The key of our caller in `ctx.state`: an application may have a `caller` of its own, or a `principal`. */
export const CALLER: unique symbol = Symbol.for('rescind.caller');

/** What the steps of a request leave for the ones after them, in `ctx.state`. */
export interface State<Body = unknown, Query = unknown> {
  [CALLER]: Caller;
  /** The bearer token, where the route asks for one. */
  token: string;
  /** What a client proves itself with, where the route is for clients; not yet checked. */
  credentials: ClientCredentials;
  /** Whom the token speaks for, once it has been accepted. */
  principal: Principal;
  /** The body, once it has been validated. */
  body: Body;
  /** The query, once it has been validated. */
  query: Query;
  /** The stable code of the problem that was answered, for the log. */
  problem?: string;
}

/** Koa's context with our state. */
export type RequestContext<Body = unknown, Query = unknown> = ParameterizedContext<
  State<Body, Query>,
  Context
> & {
  /** The parts of the path that the route leaves open, such as `id`. */
  params: Readonly<Record<string, string>>;
};

/** What handlers work with. */
export interface Services {
  readonly auth: Auth;
  /** True once the process has been asked to stop. */
  isStopping(): boolean;
}

/** A handler: input, use case, answer. */
export type Handler<Body = unknown, Query = unknown> = (
  ctx: RequestContext<Body, Query>,
  services: Services,
) => Promise<void> | void;
