import type { Middleware } from 'koa';
import { type Log, silent } from '../../lib/log.ts';
import type { State } from '../context.ts';
import { problemOf } from '../problems.ts';

export interface HandleErrorsOptions {
  /** Told of every answer of 500 and above, with its cause. */
  readonly log?: Log;
}

/** Answers whatever is thrown further in as a problem document (RFC 9457). The only catch in the server. */
export function handleErrors({ log = silent }: HandleErrorsOptions = {}): Middleware<State> {
  return async function handleErrors(ctx, next) {
    try {
      await next();
    } catch (error) {
      const requestId = ctx.state.caller?.requestId;
      const { status, code, headers, body } = problemOf(error, requestId);
      ctx.status = status;
      ctx.set(headers);
      ctx.body = body;
      ctx.type = 'application/problem+json';
      ctx.state.problem = code;
      if (status >= 500) log.error({ err: error, code, request_id: requestId }, 'request failed');
    }
  };
}
