import { STATUS_CODES } from 'node:http';
import { AuthError, type AuthErrorCode, type InputFault } from '../lib/errors.ts';
import { toSeconds } from '../lib/time.ts';

/** What goes wrong before a use case is reached. */
export type HttpProblemCode =
  | 'missing_token'
  | 'several_credentials'
  | 'several_client_credentials'
  | 'malformed_body'
  | 'unexpected_body'
  | 'malformed_form'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'bad_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'expectation_failed'
  | 'headers_too_large'
  | 'internal_error';

export type ProblemCode = AuthErrorCode | HttpProblemCode;

const CREDENTIALS = 'Could not validate credentials';
const TRY_AGAIN = 'Nothing was decided; try again after the time in Retry-After';

/** Every answer that is not a success: its status and its sentence. */
const problems: Readonly<Record<ProblemCode, readonly [status: number, detail: string]>> = {
  missing_token: [401, CREDENTIALS],
  invalid_token: [401, CREDENTIALS],
  invalid_credentials: [401, CREDENTIALS],
  invalid_client: [401, 'The client is not known, or its secret is wrong'],
  token_revoked: [401, 'Token has been revoked'],
  user_tokens_revoked: [401, 'All user tokens have been revoked'],
  refresh_token_malformed: [401, 'The refresh token is not valid'],
  refresh_token_expired: [401, 'The refresh token has expired; log in again'],
  refresh_token_reused: [401, 'The refresh token was used before; its session has been ended'],
  refresh_token_revoked: [401, 'The refresh token has been revoked; log in again'],
  several_credentials: [400, 'The request has more than one Authorization header'],
  several_client_credentials: [400, 'The client must prove who it is in one way, not in several'],
  malformed_body: [400, 'The body must be a JSON object in UTF-8, with no member twice'],
  unexpected_body: [400, 'This endpoint takes no request body; use query parameters'],
  malformed_form: [
    400,
    'The body must be a form (application/x-www-form-urlencoded) in UTF-8, with no parameter twice',
  ],
  bad_request: [400, 'The request is not valid HTTP'],
  wrong_password: [403, 'The current password is wrong'],
  forbidden: [403, 'The user does not have the role that this needs'],
  not_found: [404, 'There is nothing at this path'],
  method_not_allowed: [405, 'This path has other methods; see the Allow header'],
  request_timeout: [408, 'The request did not arrive in time'],
  email_taken: [409, 'Another user has this e-mail address'],
  body_too_large: [413, 'The body must be at most 16 KiB'],
  unsupported_media_type: [415, 'The body must be sent as application/json in UTF-8'],
  expectation_failed: [417, 'The expectation in the Expect header cannot be met'],
  invalid_input: [422, 'The input is not valid; see errors'],
  too_many_logins: [429, 'Too many failed logins; try again after the time in Retry-After'],
  headers_too_large: [431, 'The headers of the request are too large'],
  internal_error: [500, 'Something went wrong on our side'],
  busy: [503, `The server is busy. ${TRY_AGAIN}`],
  store_unavailable: [503, `The database did not answer in time. ${TRY_AGAIN}`],
};

/** RFC 7617 section 2. */
const BASIC = 'Basic realm="rescind", charset="UTF-8"';

const TOKEN_WAS_SENT: ReadonlySet<ProblemCode> = new Set([
  'invalid_token',
  'token_revoked',
  'user_tokens_revoked',
]);

/** A request that never reaches a use case. `headers` go into the answer. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: HttpProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: HttpProblemCode, options: HttpProblemOptions = {}) {
    super(problems[code][1], { cause: options.cause });
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

export interface HttpProblemOptions {
  readonly cause?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem document (RFC 9457) with what goes around it. */
export interface ProblemAnswer {
  readonly status: number;
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDocument;
}

export interface ProblemDocument {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly request_id?: string | undefined;
  readonly errors?: readonly InputFault[];
}

/** The answer for whatever was thrown. An error that is not ours says nothing but that it happened. */
export function problemOf(error: unknown, requestId?: string): ProblemAnswer {
  const code = codeOf(error);
  const [status, detail] = problems[code];
  const title = STATUS_CODES[status] ?? 'Error';
  const faults = error instanceof AuthError && error.faults.length > 0 ? error.faults : undefined;
  return {
    status,
    code,
    headers: { ...challenge(status, code), ...retryAfter(error), ...headersOf(error) },
    body: { title, status, detail, code, request_id: requestId, ...(faults && { errors: faults }) },
  };
}

function codeOf(error: unknown): ProblemCode {
  return error instanceof AuthError || error instanceof HttpProblem ? error.code : 'internal_error';
}

/** RFC 6750 section 3: the challenge names an error only where an access token was sent. */
function challenge(status: number, code: ProblemCode): Record<string, string> {
  if (code === 'forbidden') return { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' };
  if (code === 'invalid_client') return { 'WWW-Authenticate': BASIC };
  if (status !== 401) return {};
  return {
    'WWW-Authenticate': TOKEN_WAS_SENT.has(code) ? 'Bearer error="invalid_token"' : 'Bearer',
  };
}

function retryAfter(error: unknown): Record<string, string> {
  if (!(error instanceof AuthError) || error.retryAfter === undefined) return {};
  return { 'Retry-After': String(Math.max(1, toSeconds(error.retryAfter + 999))) };
}

function headersOf(error: unknown): Readonly<Record<string, string>> {
  return error instanceof HttpProblem ? error.headers : {};
}
