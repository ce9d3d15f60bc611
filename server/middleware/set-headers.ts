import type { Middleware } from 'koa';
import type { AnswerHeaders } from '../answer-headers.ts';

/** Sets the headers of every answer. */
export function setHeaders(headers: AnswerHeaders): Middleware {
  return function setHeaders(ctx, next) {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}
