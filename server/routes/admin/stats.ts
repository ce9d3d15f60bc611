import * as z from 'zod';
import { MOST_DAYS } from '../../../lib/use-cases/stats.ts';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';
import { wholeNumber } from './query.ts';

const query = z.strictObject({ days: wholeNumber('days', MOST_DAYS).optional() });

const dayCounts = z.object({
  day: z.iso.date(),
  revocations: z.int(),
  refused_revoked: z.int(),
  store_failures: z.int(),
});

const boundedCount = z.object({ count: z.int(), is_lower_bound: z.boolean() });

const answer = z.object({
  days: z.array(dayCounts),
  revoked_tokens: z.object({
    token: boundedCount,
    session: boundedCount,
    key: boundedCount,
    user: boundedCount,
  }),
});

const stats: Handler<unknown, z.output<typeof query>> = async ({ auth }, ctx) => {
  ctx.body = toWire(answer, await auth.admin.stats(ctx.state.query, callerOf(ctx)));
};

export const statsRoute: Route = {
  method: 'get',
  path: '/api/admin/stats',
  summary: 'Revocations, uses of revoked tokens and database failures per day; stored revocations',
  access: 'admin',
  query,
  answer,
  handler: stats,
};
