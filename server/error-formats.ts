import type { Context } from 'koa';
import type { ProblemAnswer, ProblemCode } from './problems.ts';

/** An error response in the format of an endpoint. */
export interface ErrorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: object;
}

/** Converts a problem to an error response in the format of the requested endpoint. */
export type ErrorFormat = (problem: ProblemAnswer, ctx: Pick<Context, 'path'>) => ErrorAnswer;

/** Converts a problem to a problem document (RFC 9457). */
export function toProblemDocument({ status, body }: ProblemAnswer): ErrorAnswer {
  return { status, type: 'application/problem+json', body };
}

/** Maps problem codes to OAuth errors (RFC 6749 sections 5.2 and 4.1.2.1). Other codes are mapped to DEFAULT. */
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

/** Matches `/oauth` and every path under `/oauth`, including paths without a route. */
const OAUTH_PATH = /^\/oauth(?:\/|$)/;

/** Converts a problem to an OAuth error for paths under `/oauth`, else to a problem document. */
export function formatByPath(problem: ProblemAnswer, { path }: Pick<Context, 'path'>): ErrorAnswer {
  return OAUTH_PATH.test(path) ? toOAuth(problem) : toProblemDocument(problem);
}

function toOAuth({ code, body: { detail, errors } }: ProblemAnswer): ErrorAnswer {
  const [status, error] = ERRORS[code] ?? DEFAULT;
  const description = errors?.map((fault) => fault.detail).join(' ') ?? detail;
  return { status, type: 'application/json', body: { error, error_description: description } };
}
