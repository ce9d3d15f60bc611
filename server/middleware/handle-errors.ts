import type { Middleware } from 'koa';
import { AuthError } from '../../lib/errors.ts';
import type { State } from '../context.ts';
import { HttpProblem, problemOf } from '../problems.ts';

export interface HandleErrorsOptions {
  /** Answers also what is not rescind's own error, as 500 `internal_error`. Default: it is thrown on. */
  readonly all?: boolean;
}

/**
 * Answers what is thrown further in as a problem document (RFC 9457). Of every answer of 500 and above
 * the application hears by its `error` event, as Koa has it.
 */
export function handleErrors({ all = false }: HandleErrorsOptions = {}): Middleware<State> {
  return async function handleErrors(ctx, next) {
    try {
      await next();
    } catch (error) {
      if (!all && !isOurs(error)) throw error;
      const { status, code, headers, body } = problemOf(error, ctx.state.caller?.requestId);
      ctx.status = status;
      ctx.set(headers);
      ctx.body = body;
      ctx.type = 'application/problem+json';
      ctx.state.problem = code;
      if (status >= 500) ctx.app.emit('error', error, ctx);
    }
  };
}

function isOurs(error: unknown): boolean {
  return error instanceof AuthError || error instanceof HttpProblem;
}
