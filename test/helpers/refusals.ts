import { STATUS_CODES } from 'node:http';
import type { Answer, TestServer } from './server.ts';

const CREDENTIALS = 'Could not validate credentials';

/** The status and the sentence of each code, on which clients may rely. */
const REFUSALS = {
  missing_token: [401, CREDENTIALS],
  invalid_token: [401, CREDENTIALS],
  invalid_credentials: [401, CREDENTIALS],
  token_revoked: [401, 'Token has been revoked'],
  user_tokens_revoked: [401, 'All user tokens have been revoked'],
  refresh_token_malformed: [401, 'The refresh token is not valid'],
  refresh_token_expired: [401, 'The refresh token has expired; log in again'],
  refresh_token_reused: [401, 'The refresh token was used before; its session has been ended'],
  refresh_token_revoked: [401, 'The refresh token has been revoked; log in again'],
  several_credentials: [400, 'Send exactly one Authorization header'],
  unexpected_body: [400, 'This endpoint takes no request body; use query parameters'],
  malformed_body: [400, 'The body must be a JSON object in UTF-8 without duplicate members'],
  bad_request: [400, 'The request is not valid HTTP'],
  wrong_password: [403, 'The current password is wrong'],
  forbidden: [403, 'Missing required role'],
  not_found: [404, 'There is nothing at this path'],
  method_not_allowed: [405, 'This path does not support this method; see the Allow header'],
  body_too_large: [413, 'The body must be at most 16 KiB'],
  unsupported_media_type: [415, 'Send the body as application/json in UTF-8'],
  invalid_input: [422, 'The input is not valid; see errors'],
  too_many_logins: [429, 'Too many failed logins; try again after the time in Retry-After'],
  headers_too_large: [431, 'The request headers are too large; send less than 16 KiB'],
} as const;

export type Refusal = keyof typeof REFUSALS;

export const refusalCodes = Object.keys(REFUSALS);

/** Returns the outcome of a proper refusal with this code; `pointers` name the faulty input. */
export function refusal(code: Refusal, ...pointers: string[]): string {
  const [status, detail] = REFUSALS[code];
  return [`${status} ${code}: ${detail}`, ...pointers].join(' ');
}

/**
 * Describes an answer in one line, for tables: `<status> <code>: <detail>`, the pointers to faulty input,
 * then the faults of its problem document (RFC 9457).
 */
export function toOutcome(answer: Answer): string {
  const { status, headers, body } = answer;
  if (status < 400) return String(status);
  if (headers.get('content-type') !== 'application/problem+json') {
    return `${status} without a problem document`;
  }
  const pointers = (body.errors ?? []).map((fault: { pointer: string }) => fault.pointer || '""');
  return [`${status} ${body.code}: ${body.detail}`, ...pointers, ...findFaults(answer)].join(' ');
}

/** Signs of a stack trace. */
const STACK = /\bat .+:\d+:\d+|node_modules|Error:/;

/** Node's parser may have refused the request before anyone could give it an id. */
const UNREADABLE = ['bad_request', 'headers_too_large'];

const MEMBERS = ['title', 'status', 'detail', 'code', 'request_id', 'errors'];

function findFaults({ status, headers, body }: Answer) {
  const { title, code, request_id } = body;
  return [
    body.status !== status && 'another status inside',
    title !== STATUS_CODES[status] && 'another title',
    (request_id ?? null) !== headers.get('x-request-id') && 'another request_id',
    request_id === undefined && !UNREADABLE.includes(code) && 'no request_id',
    (headers.get('www-authenticate') ?? undefined) !== expectedChallenge(code) &&
      'a wrong challenge',
    Object.keys(body).some((name) => !MEMBERS.includes(name)) && 'surplus members',
    STACK.test(JSON.stringify(body)) && 'a stack trace',
  ].filter((fault) => fault !== false);
}

/** RFC 6750 section 3.1: `error` only where an access token was sent. */
function expectedChallenge(code: Refusal): string | undefined {
  if (code === 'forbidden') return 'Bearer error="insufficient_scope"';
  if (REFUSALS[code]?.[0] !== 401) return undefined;
  const sent = /^(invalid_token|token_revoked|user_tokens_revoked)$/.test(code);
  return sent ? 'Bearer error="invalid_token"' : 'Bearer';
}

/**
 * Describes an answer of `/oauth` in one line, for tables: `<status> <error>`, then its faults by RFC 6749
 * section 5.2.
 */
export function toOauthOutcome(answer: Answer): string {
  const { status, body } = answer;
  return [status, ...(status < 400 ? [] : [body.error]), ...findOauthFaults(answer)].join(' ');
}

/** RFC 6749 section 5.2: the characters that a description may have. */
const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

function findOauthFaults({ status, headers, body }: Answer) {
  const isRefusal = status >= 400;
  const expected = status === 401 ? 'Basic realm="rescind", charset="UTF-8"' : null;
  return [
    headers.get('content-type') !== 'application/json; charset=utf-8' && 'not sent as JSON',
    headers.get('cache-control') !== 'no-store' && 'stored',
    headers.get('www-authenticate') !== expected && 'a wrong challenge',
    headers.has('retry-after') !== (status === 503) && 'a wrong Retry-After',
    isRefusal && Object.keys(body).join() !== 'error,error_description' && 'other members',
    isRefusal && !DESCRIPTION.test(body.error_description) && 'a wrong description',
    STACK.test(JSON.stringify(body)) && 'a stack trace',
  ].filter((fault) => fault !== false);
}

/** Finds a secret in the answers or in the log of the server. */
export function isLeaked(secret: string, answers: readonly Answer[], { log }: TestServer): boolean {
  const seen = [answers.map(({ headers, body }) => [[...headers], body]), log];
  return JSON.stringify(seen).includes(JSON.stringify(secret).slice(1, -1));
}
