import type { Middleware } from 'koa';
import type { AnswerHeaders } from '../answer-headers.ts';

/** Gives every answer the headers that all of them have. */
export function setHeaders(headers: AnswerHeaders): Middleware {
  return function setHeaders(ctx, next) {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}
