import express from 'express';
import { expressjwt } from 'express-jwt';
import { checks, key, me, serve } from './harness.js';
import { createRevocations, createUserLoad } from './stores.js';

const check = await createRevocations();
// express-jwt goes on in a setImmediate of its own for each request: only after all of those are
// there many loads to batch (2.5 times as fast, README.md).
const loadUser = await createUserLoad({ batchScheduleFn: setImmediate });
const isRevoked = (_request, token) => check(token.payload);

const app = express();
app.disable('x-powered-by');
app.disable('etag'); // a SHA-1 of every body
app.get('/api/auth/me', expressjwt({ secret: key, ...checks, isRevoked }), answerMe);
app.use(answerError);
await serve(app);

async function answerMe(request, response) {
  if (!loadUser) return response.json(me(request.auth));
  const user = await loadUser(request.auth.sub);
  if (!user) return response.sendStatus(401);
  response.json(me(request.auth, user));
}

/** Answers errors without logging them, as the default handler does. */
function answerError(error, _request, response, _next) {
  response.sendStatus(error.status ?? 500);
}
