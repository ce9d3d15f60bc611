import * as z from 'zod';
import type { Handler } from '../../context.ts';
import type { Route } from '../../route.ts';

/** Allows caching for 5 minutes. A new key must be published for at least this time before it signs tokens. */
const CACHE_CONTROL = 'public, max-age=300';

const published = { kid: z.string(), use: z.literal('sig') };

const publicJwk = z.discriminatedUnion('kty', [
  z.object({
    ...published,
    kty: z.literal('OKP'),
    alg: z.literal('EdDSA'),
    crv: z.literal('Ed25519'),
    x: z.string(),
  }),
  z.object({
    ...published,
    kty: z.literal('RSA'),
    alg: z.literal('RS256'),
    n: z.string(),
    e: z.string(),
  }),
]);

/** Responds with the JWK Set (RFC 7517 section 5), with which other services verify access tokens. */
const jwks: Handler = ({ auth }, ctx) => {
  ctx.set('Cache-Control', CACHE_CONTROL);
  ctx.body = auth.jwks();
};

export const jwksRoute: Route = {
  method: 'get',
  path: '/.well-known/jwks.json',
  summary: 'The public keys that verify signatures; they do not show whether a token is revoked',
  access: 'anyone',
  answer: z.object({ keys: z.array(publicJwk) }),
  handler: jwks,
};
