import { randomUUID } from 'node:crypto';
import Koa from 'koa';
import { me, serve } from './harness.js';

/** The same JSON for everybody. */
const body = me({ sub: randomUUID(), sid: randomUUID() });

const app = new Koa();
app.silent = true;
app.use((ctx) => {
  ctx.body = body;
});
await serve(app.callback());
