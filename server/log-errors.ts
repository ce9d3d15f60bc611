import type { Logger } from 'pino';
import { AuthError } from '../lib/errors.ts';
import { CALLER, type RequestContext } from './context.ts';

/** What an answer of 500 and above was for. To be busy is no fault, so it needs no stack. */
export function logErrors(log: Logger) {
  return function logErrors(error: unknown, ctx?: RequestContext): void {
    const fields = { request_id: ctx?.state[CALLER]?.requestId, code: ctx?.state.problem };
    if (error instanceof AuthError && error.code === 'busy') log.warn(fields, error.message);
    else log.error({ err: error, ...fields }, 'request failed');
  };
}
