import { randomUUID } from 'node:crypto';
import Koa from 'koa';
import { me } from './me.js';
import { serve } from './serve.js';

/** Koa alone: the same JSON for everybody, no token looked at. */
const body = me({ sub: randomUUID(), sid: randomUUID() });

const app = new Koa();
app.silent = true;
app.use((ctx) => {
  ctx.body = body;
});
await serve(app.callback());
