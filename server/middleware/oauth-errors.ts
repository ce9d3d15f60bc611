import type { Middleware, Next, ParameterizedContext } from 'koa';
import type { State } from '../context.ts';
import type { ProblemAnswer, ProblemCode } from '../problems.ts';
import { answerError, type ErrorAnswer } from './handle-errors.ts';

/** Errors of RFC 6749 section 5.2, and the two server errors of section 4.1.2.1. */
const ERRORS: Readonly<Partial<Record<ProblemCode, readonly [status: number, error: string]>>> = {
  invalid_client: [401, 'invalid_client'],
  not_found: [404, 'invalid_request'],
  method_not_allowed: [405, 'invalid_request'],
  request_timeout: [408, 'invalid_request'],
  body_too_large: [413, 'invalid_request'],
  expectation_failed: [417, 'invalid_request'],
  internal_error: [500, 'server_error'],
  busy: [503, 'temporarily_unavailable'],
  store_unavailable: [503, 'temporarily_unavailable'],
};

const DEFAULT = [400, 'invalid_request'] as const;

const OAUTH = '/oauth';
const OAUTH_PATH = new RegExp(`^${OAUTH}(?:/|$)`);

/** Answers errors of later middleware in the format of OAuth for every path under `/oauth`, unmatched ones too. */
export function oauthErrors(): Middleware<State> {
  return function oauthErrors(ctx, next) {
    return ctx.url.includes(OAUTH) ? answerErrors(ctx, next) : next();
  };
}

async function answerErrors(ctx: ParameterizedContext<State>, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (!OAUTH_PATH.test(ctx.path)) throw error; // tested only here: a malformed target has no path
    answerError(ctx, error, toOAuth);
  }
}

function toOAuth({ code, body: { detail, errors } }: ProblemAnswer): ErrorAnswer {
  const [status, error] = ERRORS[code] ?? DEFAULT;
  const description = errors?.map((fault) => fault.detail).join(' ') ?? detail;
  return { status, type: 'application/json', body: { error, error_description: description } };
}
