import type { Context } from 'koa';
import type { Caller } from '../../lib/caller.ts';
import { MINUTE, within } from '../../lib/time.ts';
import { HttpProblem } from '../problems.ts';

/** Waits for a body, or for a part of it, for as long as the request has time: then `request_timeout`. */
export function withinDeadline<T>({ state }: Context, reading: Promise<T>): Promise<T> {
  const { deadline } = state['caller'] as Caller;
  const left = deadline === undefined ? MINUTE : deadline - performance.now();
  return within(left, reading, tooSlow);
}

/** A body that takes all the time there is leaves none for an answer; nobody waits for the rest of it. */
function tooSlow(): HttpProblem {
  return new HttpProblem('request_timeout', { headers: { Connection: 'close' } });
}
