import { MINUTE, SECOND } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { createHttpClient } from '../http-client.ts';
import { listJunk, makeLogins, UNKNOWN_CLIENTS } from './junk.ts';
import { inTurn, type LoadResult, type Make, runClosedLoop, runOpenLoop } from './load.ts';
import type { FloodedServer } from './server.ts';
import { IDLE_CLIENTS, keepConnections, SLOW_CLIENTS } from './slow-clients.ts';

/** Harm that is done to the server while good clients are at work. */
export interface Flood {
  readonly name: string;
  /** The server can answer it without its database. */
  readonly isJunk?: boolean;
  /** Goes on until it has done its work, and for as long as the good clients are at work. */
  run(isOver: () => boolean): Promise<FloodResult>;
}

export interface FloodResult {
  readonly answers: string;
  /** Sentences on what must not have been. */
  readonly faults: readonly string[];
  /** A time that is bounded on a machine that never stalls. Milliseconds. */
  readonly timed?: { readonly name: string; readonly time: number; readonly limit: number };
}

export type Plan = (typeof PLANS)['full' | 'share'];

/** Sizes of the floods, and limits of the server's answers. Times are milliseconds. */
export const PLANS = {
  full: {
    /** Junk requests of each kind. */
    junk: 100_000,
    /** Connections of slow clients, and of idle ones. */
    slow: 400,
    idle: 2_000,
    /** Duration of a storm or a crowd. */
    duration: 18 * SECOND,
    /** The duration is long enough for slow clients to be ended. */
    awaitsEnd: true,
    /** REQUEST_DEADLINE of the server. */
    deadline: 5 * SECOND,
    /** The longest that a request may wait for the event loop. */
    loopDelay: SECOND,
  },
  share: {
    junk: 3_000,
    slow: 80,
    idle: 200,
    duration: SECOND,
    awaitsEnd: false,
    deadline: MINUTE,
    loopDelay: 5 * SECOND,
  },
};

const CONNECTIONS = 50;

/** Some five times what one thread can check at the lowest cost. */
const LOGIN_RATE = 100;

/** The time of the way to the server and back, in milliseconds. */
const ROUND_TRIP = 500;

/** Node checks slow clients every 2 seconds; they have 10 for their headers, and 5 for a body to /login. */
const LATEST_END = 15 * SECOND;

/** Lists every flood, on this server. */
export function createFloods(
  scope: Scope,
  { url, emails, sessions }: FloodedServer,
  { junk, slow, idle, duration, awaitsEnd, deadline }: Plan,
): readonly Flood[] {
  const send = createHttpClient(scope, url);

  const sendJunk = (makes: readonly Make[]) => async (isOver: () => boolean) => {
    const requests = inTurn(makes, (sent) => sent < junk || !isOver());
    return summarize(await runClosedLoop(send, requests, CONNECTIONS), [401]);
  };

  /** Keeps connections open. Where that is awaited, the server must end each one, and in time. */
  const keepOpen =
    (size: number, kinds: typeof IDLE_CLIENTS, mustEnd: boolean) =>
    async (isOver: () => boolean): Promise<FloodResult> => {
      const started = performance.now();
      const ended = await keepConnections(url, kinds, size, (count) => {
        const time = performance.now() - started;
        return time < duration || !isOver() || (mustEnd && count < size && time < MINUTE);
      });
      const time = Math.max(0, ...ended);
      const last = ended.length === 0 ? '' : `, the last after ${(time / SECOND).toFixed(1)} s`;
      const answers = `${ended.length} ended by the server${last}`;
      if (!mustEnd) return { answers, faults: [] };
      const faults = ended.length === size ? [] : [`of ${size} slow clients ${answers}`];
      return { answers, faults, timed: { name: 'a slow client', time, limit: LATEST_END } };
    };

  /** Sends logins at a steady rate. Logins must be turned away, and answered in time. */
  async function logIn(): Promise<FloodResult> {
    const count = (duration * LOGIN_RATE) / SECOND;
    const logins = inTurn(makeLogins(emails), (sent) => sent < count);
    const result = await runOpenLoop(send, logins, LOGIN_RATE);
    const { faults, answers } = summarize(result, [200, 401, 429, 503]);
    const isShed = '429' in result.statuses || '503' in result.statuses;
    return {
      answers: `${answers}; the slowest after ${Math.round(result.max)} ms`,
      faults: isShed ? faults : [...faults, 'no login was turned away'],
      timed: { name: 'a login', time: result.max, limit: deadline + ROUND_TRIP },
    };
  }

  return [
    ...Object.entries(listJunk(sessions[0] as Tokens)).map(([name, makes]) => {
      return { name, isJunk: name !== UNKNOWN_CLIENTS, run: sendJunk(makes) };
    }),
    { name: `${slow} slow clients`, run: keepOpen(slow, SLOW_CLIENTS, awaitsEnd) },
    { name: `${idle} idle connections`, run: keepOpen(idle, IDLE_CLIENTS, false) },
    { name: `${LOGIN_RATE} logins a second`, run: logIn },
  ];
}

function summarize({ statuses }: LoadResult, right: readonly number[]): FloodResult {
  const counts = Object.entries(statuses);
  const answers = counts.map(([status, count]) => `${count.toLocaleString('en')} × ${status}`);
  const wrong = counts.filter(([status]) => !right.includes(Number(status)));
  const faults = wrong.map(([status, count]) => `${count} were answered ${status}`);
  return { answers: answers.join(', '), faults };
}
