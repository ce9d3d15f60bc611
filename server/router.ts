import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { RequestContext, Services } from './context.ts';
import { authenticate, requireBearer } from './middleware/authenticate.ts';
import { readBody } from './middleware/read-body.ts';
import { validate } from './middleware/validate.ts';
import type { Access, Route } from './routes.ts';

/** Makes the router of the list: for each route body, access, validation and handler, in this order.
 * A path has one spelling: rules of a proxy for it hold for every request that reaches it. */
export function createRouter(routes: readonly Route[], services: Services): Router {
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], steps(route, services));
  }
  return router;
}

function steps({ body, access, handler }: Route, services: Services): Middleware[] {
  const handle: Middleware = (ctx) => handler(ctx as RequestContext, services);
  return [
    ...(body ? [readBody()] : []),
    ...gates(access, services),
    ...(body ? [validate(body) as Middleware] : []),
    handle,
  ];
}

function gates(access: Access, { auth }: Services): Middleware[] {
  if (access === 'anyone') return [];
  return [(access === 'bearer' ? requireBearer() : authenticate(auth)) as Middleware];
}
