import type { Context } from 'koa';
import { MINUTE, withTimeout } from '../../lib/time.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './begin-request.ts';

/** Waits for a body or its first byte. Rejects with `request_timeout` at the deadline of the request. */
export function withinDeadline<T>(ctx: Context, reading: Promise<T>): Promise<T> {
  const { deadline } = callerOf(ctx);
  const left = deadline === undefined ? MINUTE : deadline - performance.now();
  return withTimeout(left, reading, requestTimeout);
}

/** Creates an error whose response closes the connection, because the rest of the body is not read. */
function requestTimeout(): HttpProblem {
  return new HttpProblem('request_timeout', { headers: { Connection: 'close' } });
}
