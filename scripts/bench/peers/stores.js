/** Revocations and users of the rows: in Redis, and in MongoDB. */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import DataLoader from 'dataloader';
import { Redis } from 'ioredis';
import { connectMongo, row } from './harness.js';

const projection = { email: 1, name: 1, company_id: 1, roles: 1, disabled_at: 1 };

/** Returns `async (claims, token) => boolean`; undefined when the row checks no revocation. */
export function createRevocations() {
  if (row.revocations === 'redis') return createRedisRevocations();
  return row.revocations === 'mongo' ? createNaiveRevocations() : undefined;
}

/** Checks by two GETs, which go out in one write with those of other requests. */
async function createRedisRevocations() {
  const redis = new Redis(row.redisUrl, {
    enableAutoPipelining: true,
    // Without Redis a request fails at once, and waits for no reconnection.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', () => {}); // each failed request reports itself; this one would be logged
  await once(redis, 'ready');
  return async ({ jti, sub, iat }) => {
    const [revoked, revokedBefore] = await Promise.all([
      redis.get(`revoked:${jti}`),
      redis.get(`revoked_before:${sub}`),
    ]).catch((cause) => {
      const error = new Error('Redis does not answer', { cause });
      throw Object.assign(error, { status: 503, statusCode: 503 });
    });
    return revoked !== null || (revokedBefore !== null && iat <= Number(revokedBefore));
  };
}

/** Checks without much thought: the token, then the cutoff of its user, one `findOne` each. */
async function createNaiveRevocations() {
  const db = (await connectMongo()).db();
  const tokens = db.collection('naive_revoked_tokens');
  const cutoffs = db.collection('naive_user_cutoffs');
  return async ({ sub, iat }, token) => {
    if (await tokens.findOne({ _id: hash('sha256', token, 'hex') })) return true;
    const cutoff = await cutoffs.findOne({ _id: sub });
    return cutoff !== null && iat * 1000 <= cutoff.revoked_before.getTime();
  };
}

/**
 * Returns `async (id) => user`, null for one that is missing or disabled; undefined when the row loads none.
 * `batchScheduleFn` starts a batch; dataloader's own one does so after the current callback and its promises.
 */
export async function createUserLoad({ batchScheduleFn } = {}) {
  if (row.userLoad === 'none') return undefined;
  const users = (await connectMongo()).db().collection('users');
  const findMany = async (ids) => {
    // MongoDB's first reply has 101 documents unless more are asked for.
    const options = { projection, batchSize: ids.length + 1 };
    const found = await users.find({ _id: { $in: ids } }, options).toArray();
    const byId = new Map(found.map((user) => [user._id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  };
  // No cache: it would accept a user who is disabled meanwhile.
  const loader = new DataLoader(findMany, { cache: false, batchScheduleFn });
  const isBatched = row.userLoad === 'batched';
  return async (_id) => {
    const user = await (isBatched ? loader.load(_id) : users.findOne({ _id }, { projection }));
    return user && user.disabled_at === null ? user : null;
  };
}
