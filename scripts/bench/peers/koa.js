import { randomUUID } from 'node:crypto';
import Koa from 'koa';
import koaJwt from 'koa-jwt';
import { checks, key, me, row, serve } from './harness.js';
import { createRevocations, createUserLoad } from './stores.js';

const check = await createRevocations();
const isRevoked = check && ((_ctx, claims, token) => check(claims, token));
const loadUser = await createUserLoad();
/** Bare Koa answers the same JSON to everybody. */
const body = me({ sub: randomUUID(), sid: randomUUID() });

const app = new Koa();
app.silent = true; // the default handler logs what fails
if (isRevoked) app.use(unhideStatus);
if (row.checks === 'nothing') app.use(answerBare);
app.use(koaJwt({ secret: key, ...checks, isRevoked }));
app.use(loadUser ? answerUser : answerClaims);
await serve(app.callback());

/** koa-jwt turns every error of its `isRevoked` into a 401: a store that failed is a 503. */
function unhideStatus(_ctx, next) {
  return next().catch((error) => {
    throw error.originalError?.status ? error.originalError : error;
  });
}

function answerBare(ctx) {
  ctx.body = body;
}

function answerClaims(ctx) {
  ctx.body = me(ctx.state.user);
}

async function answerUser(ctx) {
  const user = await loadUser(ctx.state.user.sub);
  if (!user) ctx.throw(401);
  ctx.body = me(ctx.state.user, user);
}
