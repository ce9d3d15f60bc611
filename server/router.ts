import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { RequestContext, Services, State } from './context.ts';
import { authenticate, requireBearer } from './middleware/authenticate.ts';
import { requireClientCredentials } from './middleware/client-credentials.ts';
import { readBody } from './middleware/read-body.ts';
import { refuseBody } from './middleware/refuse-body.ts';
import { requireRole } from './middleware/require-role.ts';
import { validate } from './middleware/validate.ts';
import type { Access, Route } from './routes/route.ts';

/** Makes the router of the list: for each route body, access, validation and handler, in this order.
 * A path has one spelling: rules of a proxy for it hold for every request that reaches it. */
export function createRouter(routes: readonly Route[], services: Services): Router {
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], steps(route, services));
  }
  return router;
}

function steps(
  { body, bodyType = 'json', query, access, handler }: Route,
  services: Services,
): Middleware[] {
  const handle: Middleware = (ctx) => handler(ctx as RequestContext<never, never>, services);
  const gates = GATES[access](services) as Middleware[];
  return [
    ...(body ? [readBody(bodyType)] : []),
    ...gates,
    ...(query && !body ? [refuseBody()] : []),
    ...(body || query ? [validate({ body, query }) as Middleware] : []),
    handle,
  ];
}

const GATES: Readonly<Record<Access, (services: Services) => Middleware<State>[]>> = {
  anyone: () => [],
  bearer: () => [requireBearer()],
  client: () => [requireClientCredentials()],
  principal: ({ auth }) => [authenticate(auth)],
  admin: ({ auth }) => [authenticate(auth), requireRole('admin')],
};
