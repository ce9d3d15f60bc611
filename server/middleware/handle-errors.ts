import type { Middleware, ParameterizedContext } from 'koa';
import { CALLER, type State } from '../context.ts';
import { isProblem, type ProblemAnswer, problemOf } from '../problems.ts';

export interface HandleErrorsOptions {
  /** Answers also what is not rescind's own error, as 500 `internal_error`. Default: it is thrown on. */
  readonly all?: boolean;
}

/**
 * Answers what is thrown further in as a problem document (RFC 9457). Of every answer of 500 and above
 * the application hears by its `error` event, as Koa has it.
 */
export function handleErrors(options: HandleErrorsOptions = {}): Middleware<State> {
  const all = checkedAll(options);
  return async function handleErrors(ctx, next) {
    try {
      await next();
    } catch (error) {
      if (!all && !isProblem(error)) throw error;
      answerError(ctx, error, toProblem);
    }
  };
}

function checkedAll(options: HandleErrorsOptions): boolean {
  const isObject = typeof options === 'object' && options !== null;
  if (!isObject) throw new TypeError('"options" must be an object');
  const { all = false, ...others } = options;
  if (typeof all !== 'boolean') throw new TypeError('"all" must be true or false');
  const [unknown] = Object.keys(others);
  if (unknown === undefined) return all;
  throw new TypeError(`"${unknown}" is not an option of handleErrors; it has "all" alone`);
}

/** An error in the words that the client of a route expects. */
export interface ErrorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: object;
}

/** Answers an error, leaves its code for the log, and tells the application of one that is our own fault. */
export function answerError(
  ctx: ParameterizedContext<State>,
  error: unknown,
  inWords: (problem: ProblemAnswer) => ErrorAnswer,
): void {
  const problem = problemOf(error, ctx.state[CALLER]?.requestId);
  const { status, type, body } = inWords(problem);
  ctx.status = status;
  ctx.set(problem.headers);
  ctx.body = body;
  ctx.type = type;
  ctx.state.problem = problem.code;
  if (status >= 500) ctx.app.emit('error', error, ctx);
}

function toProblem({ status, body }: ProblemAnswer): ErrorAnswer {
  return { status, type: 'application/problem+json', body };
}
