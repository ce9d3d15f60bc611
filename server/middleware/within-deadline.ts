import type { Context } from 'koa';
import { MINUTE, within } from '../../lib/time.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './identify-caller.ts';

/** Waits for a body, or for a part of it, for as long as the request has time: then `request_timeout`. */
export function withinDeadline<T>(ctx: Context, reading: Promise<T>): Promise<T> {
  const { deadline } = callerOf(ctx);
  const left = deadline === undefined ? MINUTE : deadline - performance.now();
  return within(left, reading, tooSlow);
}

/** A body that takes all the time there is leaves none for an answer; nobody waits for the rest of it. */
function tooSlow(): HttpProblem {
  return new HttpProblem('request_timeout', { headers: { Connection: 'close' } });
}
