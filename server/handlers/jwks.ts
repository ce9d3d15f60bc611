import type { Handler } from '../context.ts';

/** Short enough that a new key, published before it signs, is known everywhere in minutes. */
const CACHED = 'public, max-age=300';

/** `GET /.well-known/jwks.json` (RFC 7517 section 5): what others verify access tokens by. */
export const jwks: Handler = (ctx, { auth }) => {
  ctx.set('Cache-Control', CACHED);
  ctx.body = auth.jwks();
};
