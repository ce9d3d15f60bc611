import Koa from 'koa';
import koaJwt from 'koa-jwt';
import { me } from './me.js';
import { checks, key } from './row.js';
import { serve } from './serve.js';
import { createUserLoad } from './users.js';

/** Serves /me behind koa-jwt. */
export async function serveKoaJwt({ isRevoked } = {}) {
  const app = new Koa();
  // The default handler logs what fails.
  app.silent = true;
  if (isRevoked) app.use(unhideStatus);
  app.use(koaJwt({ secret: key, ...checks, isRevoked }));
  app.use(answerMe(await createUserLoad()));
  await serve(app.callback());
}

/** koa-jwt turns whatever its `isRevoked` throws into a 401: a store that failed is a 503. */
function unhideStatus(_ctx, next) {
  return next().catch((error) => {
    throw error.originalError?.status ? error.originalError : error;
  });
}

function answerMe(loadUser) {
  if (!loadUser) {
    return (ctx) => {
      ctx.body = me(ctx.state.user);
    };
  }
  return async (ctx) => {
    const user = await loadUser(ctx.state.user.sub);
    if (!user) ctx.throw(401);
    ctx.body = me(ctx.state.user, user);
  };
}
