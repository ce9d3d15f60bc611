import { isAcknowledged, type Operation } from './history.ts';

/** What a round came to, in figures. */
export interface Tally {
  /** Logouts and revoke-alls that were answered 2xx. */
  readonly acknowledged: number;
  /** Times that a token was presented and the server decided: 200 or 401. */
  readonly checks: number;
  /** Requests that ended before the fault, overlapped it, and began after it was over. */
  readonly before: number;
  readonly during: number;
  readonly after: number;
  /** The longest time in which no request came to a decision, in milliseconds. */
  readonly longestSilence: number;
}

/** When harm was done, and when it was undone. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Counts the clients' own requests: what was opened ahead by the library is none. */
export function tallyOf(history: readonly Operation[], fault: Interval): Tally {
  const requests = history.filter(({ client }) => client !== 'library');
  const count = (is: (operation: Operation) => boolean) => requests.filter(is).length;
  const before = count(({ end }) => end < fault.start);
  const after = count(({ start }) => start > fault.end);
  return {
    acknowledged: count((each) => REVOCATIONS.has(each.kind) && isAcknowledged(each)),
    checks: count((each) => CHECKS.has(each.kind) && isDecided(each)),
    before,
    during: requests.length - before - after,
    after,
    longestSilence: longestGap(requests.filter(isDecided).map(({ end }) => end)),
  };
}

const CHECKS: ReadonlySet<string> = new Set(['me', 'refresh']);

/** Whatever may revoke, acknowledged or not. */
export const REVOCATIONS: ReadonlySet<string> = new Set(['logout', 'revoke_all']);

function isDecided({ answer }: Operation): boolean {
  return answer !== undefined && answer.status < 500;
}

function longestGap(moments: readonly number[]): number {
  return moments.reduce((longest, moment, index) => {
    return Math.max(longest, moment - (moments[index - 1] ?? moment));
  }, 0);
}
