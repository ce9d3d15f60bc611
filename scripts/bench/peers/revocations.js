import { hash } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { connectMongo, row } from './harness.js';

/** Thrown when Redis does not answer, so that nobody knows what is revoked. */
class RevocationsUnavailable extends Error {
  name = 'RevocationsUnavailable';
  status = 503;
  statusCode = 503;
}

/** Returns `async (claims) => boolean`, by two GETs that go out in one write with those of others. */
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
    // Without Redis a request fails at once, and waits for no reconnection.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  // Each failed request reports itself; an 'error' without a listener is logged.
  redis.on('error', () => {});
  await once(redis, 'ready');
  return redis;
}

/** Returns the naive check: the token, then the cutoff of its user, one `findOne` each. */
export async function createNaiveRevocations() {
  const db = (await connectMongo()).db();
  const tokens = db.collection('naive_revoked_tokens');
  const cutoffs = db.collection('naive_user_cutoffs');
  return async function isRevoked({ sub, iat }, token) {
    if (await tokens.findOne({ _id: hash('sha256', token, 'hex') })) return true;
    const cutoff = await cutoffs.findOne({ _id: sub });
    return cutoff !== null && iat * 1000 <= cutoff.revoked_before.getTime();
  };
}
