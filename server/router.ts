import type { Middleware } from 'koa';
import type { RequestContext, Services, State } from './context.ts';
import { authenticate, requireBearer } from './middleware/authenticate.ts';
import { requireClientCredentials } from './middleware/client-credentials.ts';
import { readBody } from './middleware/read-body.ts';
import { rejectBody } from './middleware/reject-body.ts';
import { requireRole } from './middleware/require-role.ts';
import { validate } from './middleware/validate.ts';
import { HttpProblem } from './problems.ts';
import type { Access, Route } from './route.ts';
import { createRouteTable } from './route-table.ts';

/**
 * Runs the route of the path and the method. Rejects other requests, with 405 and `Allow` if the path has other methods,
 * else with 404.
 */
export function createRouter(routes: readonly Route[], services: Services): Middleware<State> {
  const table = createRouteTable(routes);
  const handlers = new Map(routes.map((route) => [route, chain(pipeline(route, services))]));

  return function dispatch(ctx, next) {
    const found = table.find(ctx.method, ctx.path);
    if (found === undefined) throw notFound(table.listMethods(ctx.path));
    ctx.state.route = found.route;
    ctx['params'] = found.params;
    return handlers.get(found.route)?.(ctx, next);
  };
}

function notFound(methods: readonly string[]): HttpProblem {
  if (methods.length === 0) return new HttpProblem('not_found');
  return new HttpProblem('method_not_allowed', { headers: { Allow: methods.join(', ') } });
}

/** Returns one middleware that runs the given ones, each as the `next` of the one before. */
function chain(middleware: readonly Middleware<State>[]): Middleware<State> {
  return middleware.reduceRight((last, first) => (ctx, next) => {
    return first(ctx, async () => last(ctx, next));
  });
}

/** Returns the middleware of a route: body, access, validation and handler, in this order. */
function pipeline(route: Route, services: Services): readonly Middleware<State>[] {
  const { body, bodyType = 'json', query, access, handler } = route;
  return [
    ...(body ? [readBody(bodyType)] : []),
    ...accessMiddleware[access](services),
    ...(query && !body ? [rejectBody()] : []),
    ...(body || query ? [validate(route)] : []),
    (ctx) => handler(services, ctx as RequestContext), // the middleware above has set `ctx.state`
  ];
}

const accessMiddleware: Readonly<Record<Access, (services: Services) => Middleware<State>[]>> = {
  anyone: () => [],
  bearer: () => [requireBearer()],
  client: () => [requireClientCredentials()],
  principal: ({ auth }) => [authenticate(auth)],
  admin: ({ auth }) => [authenticate(auth), requireRole('admin')],
};
