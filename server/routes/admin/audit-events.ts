import * as z from 'zod';
import { MOST_EVENTS } from '../../../lib/use-cases/audit-events.ts';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';
import { text, time, wholeNumber } from './query.ts';

const query = z
  .strictObject({
    user_id: text('user_id', 200).optional(),
    actor_id: text('actor_id', 200).optional(),
    action: text('action', 64).optional(),
    from: time('from').optional(),
    to: time('to').optional(),
    limit: wholeNumber('limit', MOST_EVENTS).optional(),
    cursor: text('cursor', 64).optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['from'],
    error: 'from must not be later than to.',
  });

const auditEvent = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  action: z.string(),
  user_id: z.string().nullable(),
  company_id: z.string().nullable(),
  actor_id: z.string().nullable(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

const answer = z.object({ events: z.array(auditEvent), next_cursor: z.string().nullable() });

const auditEvents: Handler<unknown, z.output<typeof query>> = async ({ auth }, ctx) => {
  const { user_id: userId, actor_id: actorId, ...rest } = ctx.state.query;
  const input = { ...rest, userId, actorId };
  const { events, nextCursor = null } = await auth.admin.auditEvents(input, callerOf(ctx));
  ctx.body = toWire(answer, { events, nextCursor });
};

export const auditEventsRoute: Route = {
  method: 'get',
  path: '/api/admin/audit-events',
  summary: 'The audit trail, the newest events first, page by page',
  access: 'admin',
  query,
  answer,
  handler: auditEvents,
};
