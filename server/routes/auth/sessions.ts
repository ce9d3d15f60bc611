import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { session, toSession } from '../session.ts';
import { toWire } from '../wire.ts';

const liveSessions = z.object({ sessions: z.array(session.extend({ current: z.boolean() })) });
const endedSessions = z.object({ sessions_ended: z.int() });

const listSessions: Handler = async ({ auth }, ctx) => {
  const live = await auth.sessions.list({}, callerOf(ctx));
  const sessions = live.map((it) => ({ ...toSession(it), current: it.isCurrent }));
  ctx.body = toWire(liveSessions, { sessions });
};

const endSession: Handler = async ({ auth }, ctx) => {
  await auth.sessions.end({ sessionId: ctx.params['id'] ?? '' }, callerOf(ctx));
  ctx.status = 204;
};

const endOtherSessions: Handler = async ({ auth }, ctx) => {
  const { ended } = await auth.sessions.endOthers({}, callerOf(ctx));
  ctx.body = toWire(endedSessions, { sessionsEnded: ended });
};

export const sessionRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/api/auth/sessions',
    summary: 'The live sessions of the user, the newest first',
    access: 'principal',
    answer: liveSessions,
    handler: listSessions,
  },
  {
    method: 'delete',
    path: '/api/auth/sessions/:id',
    summary: 'End one session of the user',
    access: 'principal',
    handler: endSession,
  },
  {
    method: 'post',
    path: '/api/auth/sessions/revoke-others',
    summary: 'End every session of the user except the current one',
    access: 'principal',
    answer: endedSessions,
    handler: endOtherSessions,
  },
];
