import type { AuditFilter, RecordedEvent } from '../../lib/store/audit-trail.ts';
import type { BoundedCount } from '../../lib/store/bounded-count.ts';
import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';
import { answerOf } from './sessions.ts';

interface DryRunQuery {
  readonly dry_run?: boolean;
}

/** `POST /api/admin/users/:id/revoke-tokens` */
export const revokeUserTokens: Handler<unknown, DryRunQuery> = async (ctx, { auth }) => {
  const { id: userId = '' } = ctx.params;
  const { dry_run: dryRun = false } = ctx.state.query;
  const ended = await auth.admin.revokeUserTokens({ userId, dryRun }, callerOf(ctx));
  ctx.body = { user_id: userId, sessions_ended: ended.sessionsEnded, dry_run: dryRun };
};

/** `POST /api/admin/revoke-everyone` */
export const revokeEveryone: Handler<unknown, DryRunQuery> = async (ctx, { auth }) => {
  const { dry_run: dryRun = false } = ctx.state.query;
  const { sessionsEnded } = await auth.admin.revokeEveryone({ dryRun }, callerOf(ctx));
  const { count, isLowerBound } = sessionsEnded;
  ctx.body = {
    sessions_ended: count,
    ...(isLowerBound && { is_lower_bound: true }),
    dry_run: dryRun,
  };
};

/** `GET /api/admin/users/:id/sessions` */
export const userSessions: Handler = async (ctx, { auth }) => {
  const userId = ctx.params['id'] ?? '';
  const sessions = await auth.admin.userSessions({ userId }, callerOf(ctx));
  ctx.body = { sessions: sessions.map(answerOf) };
};

interface AuditQuery extends Pick<AuditFilter, 'action' | 'from' | 'to'> {
  readonly user_id?: string;
  readonly actor_id?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** `GET /api/admin/audit-events` */
export const auditEvents: Handler<unknown, AuditQuery> = async (ctx, { auth }) => {
  const { user_id: userId, actor_id: actorId, ...rest } = ctx.state.query;
  const input = { ...rest, userId, actorId };
  const { events, nextCursor } = await auth.admin.auditEvents(input, callerOf(ctx));
  ctx.body = { events: events.map(eventOf), next_cursor: nextCursor ?? null };
};

/** `GET /api/admin/stats` */
export const stats: Handler<unknown, { readonly days?: number }> = async (ctx, { auth }) => {
  const { days, revokedTokens } = await auth.admin.stats(ctx.state.query, callerOf(ctx));
  const { token, session, key, user } = revokedTokens;
  ctx.body = {
    days: days.map(({ refusedRevoked, storeFailures, ...counts }) => ({
      ...counts,
      refused_revoked: refusedRevoked,
      store_failures: storeFailures,
    })),
    revoked_tokens: {
      token: countOf(token),
      session: countOf(session),
      key: countOf(key),
      user: countOf(user),
    },
  };
};

function eventOf({ userId, companyId, actorId, userAgent, requestId, ...event }: RecordedEvent) {
  return {
    ...event,
    user_id: userId,
    company_id: companyId,
    actor_id: actorId,
    user_agent: userAgent,
    request_id: requestId,
  };
}

function countOf({ count, isLowerBound }: BoundedCount) {
  return { count, is_lower_bound: isLowerBound };
}
