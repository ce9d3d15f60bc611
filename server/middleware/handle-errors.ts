import type { Middleware, ParameterizedContext } from 'koa';
import { CALLER, type State } from '../context.ts';
import { type ErrorFormat, toProblemDocument } from '../error-formats.ts';
import { isProblem, toProblemAnswer } from '../problems.ts';

export interface HandleErrorsOptions {
  /** If true, responds with 500 `internal_error` to errors of other packages. By default, rethrows such errors. */
  readonly all?: boolean;
}

/**
 * Catches rescind's errors in later middleware and responds with a problem document (RFC 9457). Also emits errors with
 * status 500 or above as Koa's `error` event.
 */
export function handleErrors(options: HandleErrorsOptions = {}): Middleware<State> {
  const all = parseOptions(options);
  return answerErrors(toProblemDocument, (error) => all || isProblem(error));
}

/** Responds to errors of later middleware in the given format. Rethrows an error if `isAnswered` returns false. */
export function answerErrors(
  format: ErrorFormat,
  isAnswered: (error: unknown) => boolean = () => true,
): Middleware<State> {
  return async function answerErrors(ctx, next) {
    try {
      await next();
    } catch (error) {
      if (!isAnswered(error)) throw error;
      answerError(ctx, error, format);
    }
  };
}

function parseOptions(options: HandleErrorsOptions): boolean {
  const isObject = typeof options === 'object' && options !== null;
  if (!isObject) throw new TypeError('"options" must be an object');
  const { all = false, ...others } = options;
  if (typeof all !== 'boolean') throw new TypeError('"all" must be true or false');
  const [unknown] = Object.keys(others);
  if (unknown === undefined) return all;
  throw new TypeError(`"${unknown}" is not an option of handleErrors; the only option is "all"`);
}

/** Writes the error response, sets the code for the log, and emits an `error` event for status 500 or above. */
function answerError(ctx: ParameterizedContext<State>, error: unknown, format: ErrorFormat): void {
  const problem = toProblemAnswer(error, ctx.state[CALLER]?.requestId);
  const { status, type, body } = format(problem, ctx);
  ctx.status = status;
  ctx.set(problem.headers);
  ctx.body = body;
  ctx.type = type;
  ctx.state.problem = problem.code;
  if (status >= 500) ctx.app.emit('error', error, ctx);
}
