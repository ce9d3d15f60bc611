import type { Handler } from '../context.ts';

/** `GET /livez`: the process answers. Asks nothing of the database. */
export const livez: Handler = (ctx) => {
  ctx.body = { status: 'alive' };
};

/** `GET /readyz`: 200 when requests can be served, else 503 with what is missing. */
export const readyz: Handler = async (ctx, { auth, isStopping }) => {
  const { ok, checks } = await auth.checkHealth();
  const ready = ok && !isStopping();
  ctx.status = ready ? 200 : 503;
  if (!ready) ctx.set('Retry-After', '2');
  ctx.body = { status: ready ? 'ready' : isStopping() ? 'stopping' : 'not_ready', checks };
};
