import type { Middleware } from 'koa';
import { ANSWER_HEADERS } from '../answer-headers.ts';

/** Gives every answer the headers that all of them have. */
export function setHeaders(): Middleware {
  return function setHeaders(ctx, next) {
    for (const [name, value] of ANSWER_HEADERS) ctx.res.setHeader(name, value);
    return next();
  };
}
