import { mongodbAdapter } from '@better-auth/mongo-adapter';
import { betterAuth } from 'better-auth';
import { testUtils } from 'better-auth/plugins';
import { connectMongo, me, row, serve } from './harness.js';

const client = await connectMongo();
const options = {
  baseURL: 'http://127.0.0.1',
  secret: row.secret,
  database: mongodbAdapter(client.db(), { client }),
  user: {
    additionalFields: { company_id: { type: 'string' }, roles: { type: 'string[]' } },
  },
  session: { cookieCache: { enabled: false } },
  advanced: { database: { joins: true } }, // one aggregate with $lookup in place of two reads
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  logger: { disabled: true },
};
const auth = betterAuth(options);

process.on('message', async ({ seed: count }) => {
  if (count) process.send({ headerName: 'cookie', headers: await seed(count) });
});

await serve(async (request, response) => {
  const headers = new Headers({ cookie: request.headers.cookie ?? '' });
  const found = await auth.api.getSession({ headers });
  if (!found) return response.writeHead(401).end();
  const body = JSON.stringify(me({ sub: found.user.id, sid: found.session.id }, found.user));
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
});

/** Makes `count` users with a session each by better-auth's own test helpers. Returns their cookies. */
async function seed(count) {
  const { test } = await betterAuth({ ...options, plugins: [testUtils()] }).$context;
  const cookies = [];
  while (cookies.length < count) {
    const many = Array.from({ length: Math.min(100, count - cookies.length) }, () => login(test));
    cookies.push(...(await Promise.all(many)));
  }
  return cookies;
}

async function login(test) {
  const profile = { name: 'John Doe', company_id: 'testcompany', roles: [] };
  // Without the id of the helper: the adapter makes an ObjectId, as at a sign-up.
  const { id: _, ...user } = test.createUser(profile);
  const { id } = await test.saveUser(user);
  const headers = await test.getAuthHeaders({ userId: id });
  return headers.get('cookie');
}
