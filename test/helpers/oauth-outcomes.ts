import type { Answer } from './server.ts';

/**
 * Describes an answer of `/oauth` in one line, for tables: `<status> <error>`, then its faults by RFC 6749
 * section 5.2.
 */
export function toOauthOutcome(answer: Answer): string {
  const { status, body } = answer;
  return [status, ...(status < 400 ? [] : [body.error]), ...findFaults(answer)].join(' ');
}

const MEMBERS = 'error,error_description';

/** RFC 6749 section 5.2: the characters that a description may have. */
const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

function findFaults({ status, headers, body }: Answer) {
  const isRefusal = status >= 400;
  return [
    headers.get('content-type') !== 'application/json; charset=utf-8' && 'not sent as JSON',
    headers.get('cache-control') !== 'no-store' && 'stored',
    headers.get('www-authenticate') !== challengeFor(status) && 'a wrong challenge',
    headers.has('retry-after') !== (status === 503) && 'a wrong Retry-After',
    isRefusal && Object.keys(body).join() !== MEMBERS && 'other members',
    isRefusal && !DESCRIPTION.test(body.error_description) && 'a wrong description',
    /\bat .+:\d+:\d+|node_modules|Error:/.test(JSON.stringify(body)) && 'a stack trace',
  ].filter((fault) => fault !== false);
}

function challengeFor(status: number): string | null {
  return status === 401 ? 'Basic realm="rescind", charset="UTF-8"' : null;
}
