import Router, { type RouterMiddleware } from '@koa/router';
import type { Middleware } from 'koa';
import type { Services, State } from './context.ts';
import { authenticate, requireBearer } from './middleware/authenticate.ts';
import { requireClientCredentials } from './middleware/client-credentials.ts';
import { readBody } from './middleware/read-body.ts';
import { rejectBody } from './middleware/reject-body.ts';
import { requireRole } from './middleware/require-role.ts';
import { validate } from './middleware/validate.ts';
import type { Access, Route } from './route.ts';

/**
 * Creates the router. A path must match exactly, including case and trailing slash, so that no other spelling of the
 * path bypasses the rules of a proxy for this path.
 */
export function createRouter(routes: readonly Route[], services: Services): Router<State> {
  const router = new Router<State>({ strict: true, sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], pipeline(route, services));
  }
  return router;
}

/** Returns the middleware of a route: body, access, validation and handler, in this order. */
function pipeline(route: Route, services: Services): RouterMiddleware<State>[] {
  const { body, bodyType = 'json', query, access, handler } = route;
  return [
    ...(body ? [readBody(bodyType)] : []),
    ...accessMiddleware[access](services),
    ...(query && !body ? [rejectBody()] : []),
    ...(body || query ? [validate(route)] : []),
    handler.bind(undefined, services), // the middleware above has set `ctx.state`
  ];
}

const accessMiddleware: Readonly<Record<Access, (services: Services) => Middleware<State>[]>> = {
  anyone: () => [],
  bearer: () => [requireBearer()],
  client: () => [requireClientCredentials()],
  principal: ({ auth }) => [authenticate(auth)],
  admin: ({ auth }) => [authenticate(auth), requireRole('admin')],
};
