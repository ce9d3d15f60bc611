/** The peers' side of the bench. */
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { MongoClient } from 'mongodb';

/** Settings from the bench: RowOptions in servers.ts. */
export const row = JSON.parse(process.env.BENCH_ROW);

/** The HMAC key: jsonwebtoken would try to read a string as a public key first, at every call. */
export const key = createSecretKey(Buffer.from(row.secret, 'utf8'));

/** Checks of jsonwebtoken, koa-jwt and express-jwt beside the signature and `exp`. */
export const checks = { algorithms: ['HS256'], issuer: row.issuer, audience: row.audience };

/** A user for the rows that load none, about as long as a real one. */
const nobody = {
  email: 'john.doe@testcompany.com',
  name: 'John Doe',
  company_id: 'testcompany',
  roles: [],
};

/** Returns the body of GET /api/auth/me; `user` is a document of `users`. */
export function me({ sub, sid }, user = nobody) {
  const { email, name, company_id, roles } = user;
  return { id: sub, email, name, company_id, roles, session_id: sid };
}

/** Serves `listener` on a free port and tells the bench which. */
export async function serve(listener) {
  await announce(createServer(listener));
}

/** Does the same with a server that its framework made. */
export async function announce(server) {
  process.on('message', (message) => {
    if (message.cpu) process.send({ cpu: process.cpuUsage(), memory: process.memoryUsage() });
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGTERM', () => process.exit());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send({ port: server.address().port });
}

/** Connects with the best pool size of 5, 10, 20, 50 and 100 (README.md). */
export async function connectMongo() {
  const client = new MongoClient(row.mongodbUri, { maxPoolSize: 50 });
  return await client.connect();
}
