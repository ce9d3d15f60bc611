import express from 'express';
import { expressjwt } from 'express-jwt';
import { me } from './me.js';
import { createRedisRevocations } from './redis-revocations.js';
import { checks, key } from './row.js';
import { serve } from './serve.js';
import { createUserLoad } from './users.js';

const isRevoked = await createRedisRevocations();
// express-jwt goes on in a setImmediate of its own for each request: only after all of those are
// there many loads to batch (2.5 times as fast, README.md).
const loadUser = await createUserLoad({ batchScheduleFn: setImmediate });

const app = express();
app.disable('x-powered-by');
// Else a SHA-1 of every body.
app.disable('etag');

const authenticate = expressjwt({
  secret: key,
  ...checks,
  isRevoked: (_request, token) => isRevoked(token.payload),
});

app.get('/api/auth/me', authenticate, answerMe);
app.use(answerError);
await serve(app);

async function answerMe(request, response) {
  if (!loadUser) return response.json(me(request.auth));
  const user = await loadUser(request.auth.sub);
  if (!user) return response.sendStatus(401);
  response.json(me(request.auth, user));
}

// The default handler logs what fails.
function answerError(error, _request, response, _next) {
  response.sendStatus(error.status ?? 500);
}
