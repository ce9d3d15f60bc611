import { serveKoaJwt } from './koa-app.js';

/** koa-jwt as it comes: a token is good until it expires. */
await serveKoaJwt();
