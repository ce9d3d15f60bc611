import { createHash, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';

/** What the check writes stays apart from the rest: a database of its own, keys that expire. */
export class Stores {
  static async open(mongodbUri, redisUrl) {
    const stores = new Stores();
    stores.mongodbUri = withDatabase(mongodbUri, `peers_check_${process.pid}`);
    stores.client = new MongoClient(stores.mongodbUri);
    stores.db = stores.client.db();
    stores.redis = new Redis(redisUrl);
    return stores;
  }

  async addUsers(count, disabledAt = null) {
    const users = Array.from({ length: count }, () => newUser(disabledAt));
    await this.db.collection('users').insertMany(users);
    return users;
  }

  async revokeToken(token, jti) {
    await this.redis.set(`revoked:${jti}`, '1', 'EX', 60);
    const _id = createHash('sha256').update(token).digest('hex');
    await this.db.collection('naive_revoked_tokens').insertOne({ _id });
  }

  /** Every token of the user that was issued at this second or before. */
  async revokeBefore(user, second) {
    await this.redis.set(`revoked_before:${user._id}`, second, 'EX', 60);
    const cutoff = { _id: user._id, revoked_before: new Date(second * 1000) };
    await this.db.collection('naive_user_cutoffs').insertOne(cutoff);
  }

  async close() {
    await this.db.dropDatabase();
    await this.client.close();
    this.redis.disconnect();
  }
}

function newUser(disabled_at) {
  const _id = randomUUID();
  const email = `${_id.slice(0, 8)}@testcompany.com`;
  return { _id, email, name: `John ${_id}`, company_id: 'acme', roles: ['admin'], disabled_at };
}

function withDatabase(uri, name) {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.href;
}
