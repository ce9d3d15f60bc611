import * as z from 'zod';
import type { Handler } from '../../context.ts';
import { callerOf } from '../../middleware/begin-request.ts';
import type { Route } from '../../route.ts';
import { toWire } from '../wire.ts';
import { tokenForm } from './token-form.ts';

/** The response for an active token: the members of RFC 7662 section 2.2, and the user's members as in `/me`. */
const activeToken = z.object({
  active: z.literal(true),
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  client_id: z.string(),
  sid: z.uuid(),
  jti: z.uuid(),
  iat: z.int(),
  exp: z.int(),
  auth_time: z.int(),
  token_type: z.literal('Bearer'),
  username: z.string(),
  company_id: z.string(),
  roles: z.array(z.string()),
});

const inactiveToken = z.strictObject({ active: z.literal(false) });

const introspect: Handler<z.output<typeof tokenForm>> = async ({ auth }, ctx) => {
  const { credentials, body } = ctx.state;
  const active = await auth.introspect({ credentials, token: body.token }, callerOf(ctx));
  if (active === undefined) {
    ctx.body = toWire(inactiveToken, {});
    return;
  }
  const { claims, user } = active;
  ctx.body = toWire(activeToken, {
    iss: claims.iss, // each by its name, because spreading an object of JSON.parse takes 7 µs
    sub: claims.sub,
    aud: claims.aud,
    clientId: claims.client_id,
    sid: claims.sid,
    jti: claims.jti,
    iat: claims.iat,
    exp: claims.exp,
    authTime: claims.auth_time,
    username: user.email,
    companyId: user.companyId,
    roles: user.roles,
  });
};

export const introspectRoute: Route = {
  method: 'post',
  path: '/oauth/introspect',
  summary: 'Check that an access token is active, and return its user (RFC 7662)',
  access: 'client',
  bodyType: 'form',
  body: tokenForm,
  answer: z.discriminatedUnion('active', [activeToken, inactiveToken]),
  handler: introspect,
};
