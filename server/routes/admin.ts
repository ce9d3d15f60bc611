import * as z from 'zod';
import { MOST_EVENTS } from '../../lib/use-cases/audit-events.ts';
import { MOST_DAYS } from '../../lib/use-cases/stats.ts';
import {
  auditEvents,
  revokeEveryone,
  revokeUserTokens,
  stats,
  userSessions,
} from '../handlers/admin.ts';
import type { Route } from './route.ts';
import { session } from './session-answer.ts';

/** In a query everything is text, and what is there twice is a list: neither may be taken for something else. */
const text = (name: string, most: number) =>
  z
    .string(`${name} must be given once.`)
    .min(1, `${name} is empty.`)
    .refine((value) => [...value].length <= most, `${name} is too long.`);

const wholeNumber = (name: string, most: number) => {
  const message = `${name} must be a whole number from 1 to ${most}, given once.`;
  return z
    .string(message)
    .regex(/^[1-9]\d{0,8}$/, message)
    .transform(Number)
    .refine((value) => value <= most, message);
};

const time = (name: string) =>
  z.iso
    .datetime({
      offset: true,
      error: `${name} must be a time of ISO 8601 with its offset, such as 2026-11-24T09:30:00Z; a + is sent as %2B.`,
    })
    .max(40, `${name} is too long.`)
    .transform((written) => new Date(written));

const dryRun = z.strictObject({
  dry_run: z
    .enum(['true', 'false'], 'dry_run must be true or false, given once.')
    .transform((answer) => answer === 'true')
    .optional(),
});

const auditQuery = z
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

const dayCounts = z.object({
  day: z.iso.date(),
  revocations: z.int(),
  refused_revoked: z.int(),
  store_failures: z.int(),
});

const boundedCount = z.object({ count: z.int(), is_lower_bound: z.boolean() });

const PATH = '/api/admin';

/** What administrators ask for: of those whose token is accepted, the users with the role `admin`. */
export const adminRoutes: readonly Route[] = [
  {
    method: 'post',
    path: `${PATH}/users/:id/revoke-tokens`,
    summary: 'Revoke every token of a user; with dry_run=true only count',
    access: 'admin',
    query: dryRun,
    answer: z.object({ user_id: z.string(), sessions_ended: z.int(), dry_run: z.boolean() }),
    handler: revokeUserTokens,
  },
  {
    method: 'post',
    path: `${PATH}/revoke-everyone`,
    summary: 'Revoke every token of everyone, your own too; with dry_run=true only count',
    access: 'admin',
    query: dryRun,
    answer: z.object({
      sessions_ended: z.int(),
      is_lower_bound: z.literal(true).optional(),
      dry_run: z.boolean(),
    }),
    handler: revokeEveryone,
  },
  {
    method: 'get',
    path: `${PATH}/users/:id/sessions`,
    summary: 'The live sessions of a user, the newest first',
    access: 'admin',
    query: z.strictObject({}),
    answer: z.object({ sessions: z.array(session) }),
    handler: userSessions,
  },
  {
    method: 'get',
    path: `${PATH}/audit-events`,
    summary: 'The audit trail, the newest events first, page by page',
    access: 'admin',
    query: auditQuery,
    answer: z.object({ events: z.array(auditEvent), next_cursor: z.string().nullable() }),
    handler: auditEvents,
  },
  {
    method: 'get',
    path: `${PATH}/stats`,
    summary: 'What happened in the last days, and how much is revoked now',
    access: 'admin',
    query: z.strictObject({ days: wholeNumber('days', MOST_DAYS).optional() }),
    answer: z.object({
      days: z.array(dayCounts),
      revoked_tokens: z.object({
        token: boundedCount,
        session: boundedCount,
        key: boundedCount,
        user: boundedCount,
      }),
    }),
    handler: stats,
  },
];
