import * as z from 'zod';
import type { RequestContext, Services } from '../../context.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';

const answer = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  company_id: z.string(),
  roles: z.array(z.string()),
  session_id: z.uuid(),
});

export function me(_: Services, ctx: Pick<RequestContext, 'state' | 'body'>): void {
  const { user, sessionId } = ctx.state.principal;
  const { id, email, name, companyId, roles } = user; // no spread, because spreading a frozen object takes 7 µs
  ctx.body = toWire(answer, { id, email, name, companyId, roles, sessionId });
}

export const meRoute: Route = {
  method: 'get',
  path: '/api/auth/me',
  summary: 'The user and the session of the access token',
  access: 'principal',
  answer,
  handler: me,
};
