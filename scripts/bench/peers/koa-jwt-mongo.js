import { hash } from 'node:crypto';
import { serveKoaJwt } from './koa-app.js';
import { connectMongo } from './mongo.js';

/**
 * koa-jwt with a list of revoked tokens in MongoDB, as one writes it without much thought: first
 * the token, then the user's cut-off, one `findOne` each.
 */
const client = await connectMongo();
const tokens = client.db().collection('naive_revoked_tokens');
const cutoffs = client.db().collection('naive_user_cutoffs');

await serveKoaJwt({
  async isRevoked(_ctx, { sub, iat }, token) {
    if (await tokens.findOne({ _id: hash('sha256', token, 'hex') })) return true;
    const cutoff = await cutoffs.findOne({ _id: sub });
    return cutoff !== null && iat * 1000 <= cutoff.revoked_before.getTime();
  },
});
