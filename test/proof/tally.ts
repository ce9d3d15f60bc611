import { isAcknowledged, type Operation } from './history.ts';

/** The time from the beginning of a fault until it was healed. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

export const NEVER: Interval = { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** Requests that may revoke, acknowledged or not. */
export const REVOCATIONS: ReadonlySet<string> = new Set(['logout', 'revoke_all']);

/** Counts of one round of traffic. */
export type Tally = ReturnType<typeof countOperations>;

/** Counts the requests of clients, without the sessions that the library opened in advance. */
export function countOperations(history: readonly Operation[], fault: Interval) {
  const requests = history.filter(({ client }) => client !== 'library');
  const decided = requests.filter(({ answer }) => answer !== undefined && answer.status < 500);
  const revocations = requests.filter(({ kind }) => REVOCATIONS.has(kind));
  const { length: before } = requests.filter(({ end }) => end < fault.start);
  const { length: after } = requests.filter(({ start }) => start > fault.end);
  const acknowledged = revocations.filter(isAcknowledged);
  const ends = decided.map(({ end }) => end);
  return {
    /** Logouts and revoke-alls that were answered 2xx. */
    acknowledged: acknowledged.length,
    /** Milliseconds from each of these requests to its answer: the write, and the wait until no server can act without it. */
    revocationTimes: acknowledged.map(({ start, end }) => end - start),
    /** Presented tokens that the server decided on: 200 or 401. */
    checks: decided.filter(({ kind }) => kind === 'me' || kind === 'refresh').length,
    /** Requests that ended before the fault, overlapped it, and began after it. */
    before,
    during: requests.length - before - after,
    after,
    /** Longest time in which no request was decided, in milliseconds. */
    longestSilence: Math.max(0, ...ends.map((end, index) => end - (ends[index - 1] ?? end))),
  };
}
