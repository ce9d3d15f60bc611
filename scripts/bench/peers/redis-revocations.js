import { once } from 'node:events';
import { Redis } from 'ioredis';
import { row } from './row.js';

/** Redis does not answer, so nobody knows what is revoked. */
export class RevocationsUnavailable extends Error {
  name = 'RevocationsUnavailable';
  status = 503;
  statusCode = 503;
}

/** `async (claims) => boolean`, from two GETs that go out in one write with those of others. */
export async function createRedisRevocations() {
  const redis = await connectRedis();

  return async function isRevoked({ jti, sub, iat }) {
    const [revoked, revokedBefore] = await Promise.all([
      redis.get(`revoked:${jti}`),
      redis.get(`revoked_before:${sub}`),
    ]).catch((cause) => {
      throw new RevocationsUnavailable('Redis does not answer', { cause });
    });
    return revoked !== null || (revokedBefore !== null && iat <= Number(revokedBefore));
  };
}

async function connectRedis() {
  const redis = new Redis(row.redisUrl, {
    enableAutoPipelining: true,
    // While Redis is away a request is refused at once, and waits for no reconnection.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  // Each request that fails says so itself; an 'error' without a listener is logged.
  redis.on('error', () => {});
  await once(redis, 'ready');
  return redis;
}
