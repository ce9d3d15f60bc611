import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';
import { me, row, serve } from './harness.js';
import { createRevocations, createUserLoad } from './stores.js';

const text = { type: 'string' };
const roles = { type: 'array', items: text };
const properties = { id: text, email: text, name: text, company_id: text, roles, session_id: text };
const schema = { response: { 200: { type: 'object', properties } } };

// fast-jwt warns of our `cacheKeyBuilder`, at every start.
process.removeAllListeners('warning');

const isRevoked = await createRevocations();
const loadUser = await createUserLoad();
const app = Fastify({ logger: false });

app.register(fastifyJwt, {
  secret: row.secret,
  verify: {
    algorithms: ['HS256'],
    allowedIss: row.issuer,
    allowedAud: row.audience,
    // More than the tokens in use: with fewer entries the cache is slower than none. The token
    // itself is the key, because hashing it is most of what a hit costs.
    cache: 10_000,
    cacheKeyBuilder: (token) => token,
  },
  trusted: async (_request, claims) => !(await isRevoked(claims)),
});

// Some faults of a token (an unknown `alg`) come from fast-jwt without a status.
app.setErrorHandler((error, _request, reply) => {
  const status = error.code?.startsWith('FAST_JWT_') ? 401 : (error.statusCode ?? 500);
  reply.code(status).send({ error: status });
});

// In the form with a promise: given a callback, jwtVerify makes a new verifier at every request.
app.after(() => {
  app.get('/api/auth/me', { schema, onRequest: (request) => request.jwtVerify() }, answerMe);
});
await app.ready();
await serve(undefined, app.server);

async function answerMe(request, reply) {
  if (!loadUser) return me(request.user);
  const user = await loadUser(request.user.sub);
  if (!user) return reply.code(401).send({ error: 401 });
  return me(request.user, user);
}
