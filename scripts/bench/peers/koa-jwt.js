import Koa from 'koa';
import koaJwt from 'koa-jwt';
import { checks, key, me, row, serve } from './harness.js';
import { createNaiveRevocations, createRedisRevocations } from './revocations.js';
import { createUserLoad } from './users.js';

/** Checks of revocation. Without one, a token is good until it expires. */
const revocations = { redis: createRedisRevocations, mongo: createNaiveRevocations };
const check = await revocations[row.revocations]?.();
const isRevoked = check && ((_ctx, claims, token) => check(claims, token));
const loadUser = await createUserLoad();

const app = new Koa();
app.silent = true; // the default handler logs what fails
if (isRevoked) app.use(unhideStatus);
app.use(koaJwt({ secret: key, ...checks, isRevoked }));
app.use(loadUser ? answerUser : answerNobody);
await serve(app.callback());

/** koa-jwt turns every error of its `isRevoked` into a 401: a store that failed is a 503. */
function unhideStatus(_ctx, next) {
  return next().catch((error) => {
    throw error.originalError?.status ? error.originalError : error;
  });
}

function answerNobody(ctx) {
  ctx.body = me(ctx.state.user);
}

async function answerUser(ctx) {
  const user = await loadUser(ctx.state.user.sub);
  if (!user) ctx.throw(401);
  ctx.body = me(ctx.state.user, user);
}
