import * as z from 'zod';
import type { HealthCheck, HealthReport } from '../../../lib/use-cases/check-health.ts';
import { withAdvice } from '../../advice.ts';
import type { Handler } from '../../context.ts';
import type { Route } from '../../route.ts';
import { toWire, type WireSource } from '../wire.ts';

const alive = z.object({ status: z.literal('alive') });

/** Responds as long as the process runs. Sends no command to the database. */
const livez: Handler = (_, ctx) => {
  ctx.body = toWire(alive, {});
};

export const livezRoute: Route = {
  method: 'get',
  path: '/livez',
  summary: 'Liveness: the process runs',
  access: 'anyone',
  answer: alive,
  handler: livez,
};

const check = z.object({
  ok: z.boolean(),
  detail: z.string().optional(),
  needs_operator: z.literal(true).optional(),
});

const report = z.object({
  database: check,
  schema: check,
  sentinel: check,
  skew: check,
  lease: check,
  writes: check,
  indexes: check,
  signing_key: check,
});

const readiness = z.object({
  status: z.enum(['ready', 'not_ready', 'stopping']),
  checks: report,
});

/** Converts the checks for the log. Like `/readyz`, uses names in snake_case and adds advice to the details. */
export function writeChecks(checks: HealthReport['checks']) {
  return toWire(report, addAdvice(checks));
}

function addAdvice(checks: HealthReport['checks']): WireSource<typeof report> {
  const advised = Object.entries<HealthCheck>(checks).map(([name, found]) => {
    const { detail: message = '', remedy } = found;
    if (remedy === undefined) return [name, found];
    const detail = withAdvice({ message, remedy });
    return [name, { ...found, detail, ...(!found.ok && { needsOperator: true }) }];
  });
  return Object.fromEntries(advised);
}

/** Responds with 200 if requests can be served, else with 503. The body contains every check. */
const readyz: Handler = async ({ auth, stopping }, ctx) => {
  const { ok, checks } = await auth.checkHealth();
  const ready = ok && !stopping.aborted;
  ctx.status = ready ? 200 : 503;
  if (!ready) ctx.set('Retry-After', '2');
  const status = ready ? 'ready' : stopping.aborted ? 'stopping' : 'not_ready';
  ctx.body = toWire(readiness, { status, checks: addAdvice(checks) });
};

export const readyzRoute: Route = {
  method: 'get',
  path: '/readyz',
  summary: 'Readiness: requests can be served',
  access: 'anyone',
  answer: readiness,
  handler: readyz,
};
