import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';

const query = z.strictObject({
  dry_run: z
    .enum(['true', 'false'], 'dry_run must be true or false, given once.')
    .transform((text) => text === 'true')
    .default(false),
});

const userRevoked = z.object({
  user_id: z.string(),
  sessions_ended: z.int(),
  dry_run: z.boolean(),
});

const everyoneRevoked = z.object({
  sessions_ended: z.int(),
  is_lower_bound: z.literal(true).optional(),
  dry_run: z.boolean(),
});

const revokeUserTokens: Handler<unknown, z.output<typeof query>> = async ({ auth }, ctx) => {
  const { id: userId = '' } = ctx.params;
  const { dry_run: dryRun } = ctx.state.query;
  const { sessionsEnded } = await auth.admin.revokeUserTokens({ userId, dryRun }, callerOf(ctx));
  ctx.body = toWire(userRevoked, { userId, sessionsEnded, dryRun });
};

const revokeEveryone: Handler<unknown, z.output<typeof query>> = async ({ auth }, ctx) => {
  const { dry_run: dryRun } = ctx.state.query;
  const { sessionsEnded } = await auth.admin.revokeEveryone({ dryRun }, callerOf(ctx));
  ctx.body = toWire(everyoneRevoked, {
    sessionsEnded: sessionsEnded.count,
    isLowerBound: sessionsEnded.isLowerBound || undefined,
    dryRun,
  });
};

export const revocationRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/api/admin/users/:id/revoke-tokens',
    summary: 'Revoke every token of a user; with dry_run=true only count',
    access: 'admin',
    query,
    answer: userRevoked,
    handler: revokeUserTokens,
  },
  {
    method: 'post',
    path: '/api/admin/revoke-everyone',
    summary: 'Revoke every token of everyone, including your own; with dry_run=true only count',
    access: 'admin',
    query,
    answer: everyoneRevoked,
    handler: revokeEveryone,
  },
];
