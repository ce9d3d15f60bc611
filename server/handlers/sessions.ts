import type { StoredSession } from '../../lib/store/sessions.ts';
import type { Handler } from '../context.ts';
import { callerOf } from '../middleware/identify-caller.ts';

/** `GET /api/auth/sessions` */
export const listSessions: Handler = async (ctx, { auth }) => {
  const sessions = await auth.sessions.list({}, callerOf(ctx));
  ctx.body = {
    sessions: sessions.map((session) => ({ ...answerOf(session), current: session.isCurrent })),
  };
};

/** `DELETE /api/auth/sessions/:id` */
export const endSession: Handler = async (ctx, { auth }) => {
  await auth.sessions.end({ sessionId: ctx.params['id'] ?? '' }, callerOf(ctx));
  ctx.status = 204;
};

/** `POST /api/auth/sessions/revoke-others` */
export const endOtherSessions: Handler = async (ctx, { auth }) => {
  const { ended } = await auth.sessions.endOthers({}, callerOf(ctx));
  ctx.body = { sessions_ended: ended };
};

/** A session as it stands in an answer. */
export function answerOf(session: StoredSession) {
  return {
    id: session.id,
    user_agent: session.userAgent ?? null,
    ip: session.ip,
    created_at: session.authTime,
    last_used_at: session.lastUsedAt,
    expires_at: session.expiresAt,
  };
}
