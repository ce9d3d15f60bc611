/** The peers' side of the bench. */
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { MongoClient } from 'mongodb';

/** RowOptions of servers.ts. */
export const row = JSON.parse(process.env.BENCH_ROW);

/** The HMAC key as a KeyObject: jsonwebtoken would try to read a string as a public key first, at every call. */
export const key = createSecretKey(Buffer.from(row.secret, 'utf8'));

/** Checks of jsonwebtoken, koa-jwt and express-jwt beside the signature and `exp`. */
export const checks = { algorithms: ['HS256'], issuer: row.issuer, audience: row.audience };

const email = 'john.doe@testcompany.com';
const nobody = { email, name: 'John Doe', company_id: 'testcompany', roles: [] };

/** Returns the body of GET /api/auth/me; `user` is a document of `users`, or about as long as one. */
export function me({ sub, sid }, user = nobody) {
  const { email, name, company_id, roles } = user;
  return { id: sub, email, name, company_id, roles, session_id: sid };
}

/** Serves a listener, or a server that its framework made, on a free port, and sends the port to the bench. */
export async function serve(listener, server = createServer(listener)) {
  process.on('message', (message) => {
    if (message.cpu) process.send({ cpu: process.cpuUsage(), memory: process.memoryUsage() });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send({ port: server.address().port });
}

/** Connects with the best pool size of 5, 10, 20, 50 and 100 (README.md). */
export async function connectMongo() {
  const client = new MongoClient(row.mongodbUri, { maxPoolSize: 50 });
  return await client.connect();
}
