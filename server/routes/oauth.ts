import * as z from 'zod';
import { introspect } from '../handlers/introspect.ts';
import { revokeToken } from '../handlers/revoke-token.ts';
import type { Route } from './route.ts';

/** What RFC 7009 and RFC 7662 have in common. What else is in the form is not looked at. */
const tokenForm = z.object({
  token: z.string('token is missing.'),
  token_type_hint: z.string().optional(),
});

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

/** The endpoints for other services, by the rules of OAuth: forms go in, and errors are those of RFC 6749. */
export const oauthRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/oauth/revoke',
    summary: 'Revoke an access token, or a refresh token and its session (RFC 7009)',
    access: 'client',
    bodyType: 'form',
    body: tokenForm,
    answer: z.strictObject({}),
    handler: revokeToken,
  },
  {
    method: 'post',
    path: '/oauth/introspect',
    summary: 'Whether an access token is active, and whom it speaks for (RFC 7662)',
    access: 'client',
    bodyType: 'form',
    body: tokenForm,
    answer: z.discriminatedUnion('active', [
      activeToken,
      z.strictObject({ active: z.literal(false) }),
    ]),
    handler: introspect,
  },
];
