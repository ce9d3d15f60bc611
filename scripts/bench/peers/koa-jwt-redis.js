import { serveKoaJwt } from './koa-app.js';
import { createRedisRevocations } from './redis-revocations.js';

/** koa-jwt with a list of revoked tokens in Redis. */
const isRevoked = await createRedisRevocations();
await serveKoaJwt({ isRevoked: (_ctx, claims) => isRevoked(claims) });
