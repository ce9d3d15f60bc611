import { STATUS_CODES } from 'node:http';
import {
  AuthError,
  type AuthErrorCode,
  brand,
  challengeFor,
  type InputFault,
  REFUSALS,
  type Refusal,
} from '../lib/errors.ts';

/** Problem codes of the server. The library adds the codes of AuthError. */
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

const LATER = 'try again after the time in Retry-After';
const UNDECIDED = `Nothing was decided; ${LATER}`;

/** Status and description of every error response. Some descriptions of the library are reworded for HTTP clients. */
const problems: Readonly<Record<ProblemCode, Refusal>> = {
  ...REFUSALS,
  missing_token: [401, 'Could not validate credentials'],
  several_credentials: [400, 'Send exactly one Authorization header'],
  several_client_credentials: [400, 'Use exactly one client authentication method'],
  malformed_body: [400, 'The body must be a JSON object in UTF-8 without duplicate members'],
  unexpected_body: [400, 'This endpoint takes no request body; use query parameters'],
  malformed_form: [
    400,
    'The body must be application/x-www-form-urlencoded in UTF-8 without duplicate parameters',
  ],
  bad_request: [400, 'The request is not valid HTTP'],
  not_found: [404, 'There is nothing at this path'],
  method_not_allowed: [405, 'This path does not support this method; see the Allow header'],
  request_timeout: [408, 'The request did not arrive in time'],
  body_too_large: [413, 'The body must be at most 16 KiB'],
  unsupported_media_type: [415, 'Send the body as application/json in UTF-8'],
  expectation_failed: [417, 'Send no Expect header other than 100-continue'],
  headers_too_large: [431, 'The request headers are too large; send less than 16 KiB'],
  invalid_input: [422, 'The input is not valid; see errors'],
  too_many_logins: [429, `Too many failed logins; ${LATER}`],
  internal_error: [500, 'Internal server error'],
  busy: [503, `The server is busy. ${UNDECIDED}`],
  store_unavailable: [503, `The database did not respond in time. ${UNDECIDED}`],
};

/** Thrown to reject a request before a use case is called. Koa converts this error to a response, like an AuthError. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: HttpProblemCode;
  readonly status: number;
  readonly statusCode: number;
  readonly expose: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: HttpProblemCode, options: HttpProblemOptions = {}) {
    const [status, description] = problems[code];
    super(description, { cause: options.cause });
    this.code = code;
    this.status = status;
    this.statusCode = status;
    this.expose = status < 500;
    this.headers = { ...challengeFor(status, code), ...options.headers };
  }
}

brand(HttpProblem, 'HttpProblem');

export interface HttpProblemOptions {
  readonly cause?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem document (RFC 9457) with its status and headers. */
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

/** Returns true for an error of rescind, from this or another copy of the package. */
export function isProblem(error: unknown): error is AuthError | HttpProblem {
  return error instanceof AuthError || error instanceof HttpProblem;
}

/** Converts a thrown value to a response. A value that is no error of rescind becomes `internal_error`. */
export function toProblemAnswer(error: unknown, requestId?: string): ProblemAnswer {
  const { code, headers } = isProblem(error) ? error : INTERNAL_ERROR;
  const [status, detail] = findRefusal(code, error);
  const title = STATUS_CODES[status] ?? 'Error';
  const faults = error instanceof AuthError ? error.faults.map(toWireFault) : [];
  return {
    status,
    code,
    headers,
    body: {
      title,
      status,
      detail,
      code,
      request_id: requestId,
      ...(faults.length > 0 && { errors: faults }),
    },
  };
}

/** Converts the names in the pointer from the camelCase of use cases to the snake_case of the API. */
function toWireFault({ pointer, detail }: InputFault): InputFault {
  return { pointer: pointer.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), detail };
}

const INTERNAL_ERROR = { code: 'internal_error', headers: {} } as const;

/** Returns the status and description of a code. Takes both from the error if only a newer version knows the code. */
function findRefusal(code: ProblemCode, error: unknown): Refusal {
  if (Object.hasOwn(problems, code) || !isProblem(error)) return problems[code];
  return [error.status, error.expose ? error.message : problems.internal_error[1]];
}
