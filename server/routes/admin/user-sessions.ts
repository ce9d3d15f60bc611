import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { session, toSession } from '../session.ts';
import { toWire } from '../wire.ts';

const answer = z.object({ sessions: z.array(session) });

const userSessions: Handler = async ({ auth }, ctx) => {
  const { id: userId = '' } = ctx.params;
  const sessions = await auth.admin.userSessions({ userId }, callerOf(ctx));
  ctx.body = toWire(answer, { sessions: sessions.map(toSession) });
};

export const userSessionsRoute: Route = {
  method: 'get',
  path: '/api/admin/users/:id/sessions',
  summary: 'The live sessions of a user, the newest first',
  access: 'admin',
  query: z.strictObject({}),
  answer,
  handler: userSessions,
};
