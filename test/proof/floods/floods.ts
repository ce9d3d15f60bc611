import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE, SECOND } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import { createHttpClient } from '../http-client.ts';
import {
  type Make,
  makeJunkCredentials,
  makeJunkRefreshTokens,
  makeJunkTokens,
  makeLogins,
  makeUnknownClients,
} from './junk.ts';
import { type LoadResult, runClosedLoop, runOpenLoop } from './load.ts';
import type { FloodedServer } from './server.ts';
import { IDLE_CLIENTS, openSlowClients, SLOW_CLIENTS } from './slow-clients.ts';

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

export interface FloodSizes {
  /** Junk requests of each kind. */
  readonly junk: number;
  /** Connections of slow clients, and of idle ones. */
  readonly slow: number;
  readonly idle: number;
  /** The duration of a storm or a crowd, in milliseconds. */
  readonly duration: number;
  /** The duration is long enough for slow clients to be ended. */
  readonly awaitsEnd: boolean;
  /** REQUEST_DEADLINE of the server, in milliseconds. */
  readonly deadline: number;
}

const CONNECTIONS = 50;

/** Some five times what one thread can check at the lowest cost. */
const LOGIN_RATE = 100;

/** The time of the way to the server and back, in milliseconds. */
const ROUND_TRIP = 500;

/** Node looks after slow clients every 2 seconds; they have 10 for their headers, and 5 for a body to /login. */
const LATEST_END = 15 * SECOND;

/** Lists every flood, on this server. */
export function createFloods(
  scope: Scope,
  server: FloodedServer,
  sizes: FloodSizes,
): readonly Flood[] {
  const { url, emails, sessions } = server;
  const [session] = sessions;
  if (session === undefined) throw new Error('Nobody has logged in');
  const send = createHttpClient(scope, url, CONNECTIONS);

  const junk = (name: string, makes: readonly Make[], isJunk = true): Flood => ({
    name,
    isJunk,
    async run(isOver) {
      let sent = 0;
      const next = () =>
        sent < sizes.junk || !isOver() ? makes[sent++ % makes.length]?.() : undefined;
      return summarize(await runClosedLoop(send, next, CONNECTIONS), [401]);
    },
  });
  const crowd = (name: string, size: number, kinds: typeof IDLE_CLIENTS, awaitsEnd: boolean) => ({
    name: `${size} ${name}`,
    run: (isOver: () => boolean) =>
      runCrowd({ url, kinds, size, duration: sizes.duration, awaitsEnd }, isOver),
  });

  return [
    junk('junk access tokens', makeJunkTokens(session)),
    junk('junk refresh tokens', makeJunkRefreshTokens(session)),
    junk('junk client credentials', makeJunkCredentials(session)),
    junk('credentials of unknown clients', makeUnknownClients(session), false),
    crowd('slow clients', sizes.slow, SLOW_CLIENTS, sizes.awaitsEnd),
    crowd('idle connections', sizes.idle, IDLE_CLIENTS, false),
    {
      name: `${LOGIN_RATE} logins a second`,
      run: () => runLoginStorm(scope, url, makeLogins(emails), sizes),
    },
  ];
}

/** Sends logins at a steady rate. Logins must be turned away, and answered in time. */
async function runLoginStorm(
  scope: Scope,
  url: string,
  makes: readonly Make[],
  { duration, deadline }: FloodSizes,
): Promise<FloodResult> {
  const send = createHttpClient(scope, url, Number.POSITIVE_INFINITY);
  let left = (duration * LOGIN_RATE) / 1_000;
  const next = () => (left-- > 0 ? makes[left % makes.length]?.() : undefined);
  const result = await runOpenLoop(send, next, LOGIN_RATE);
  const { faults, answers } = summarize(result, [200, 401, 429, 503]);
  const isShed = ['429', '503'].some((status) => status in result.statuses);
  return {
    answers: `${answers}; the slowest after ${Math.round(result.max)} ms`,
    faults: isShed ? faults : [...faults, 'no login was turned away'],
    timed: { name: 'a login', time: result.max, limit: deadline + ROUND_TRIP },
  };
}

interface Crowd extends Pick<FloodSizes, 'duration' | 'awaitsEnd'> {
  readonly url: string;
  readonly kinds: typeof IDLE_CLIENTS;
  readonly size: number;
}

/** Keeps connections open. Where that is awaited, the server must end each one, and in time. */
async function runCrowd(
  { url, kinds, size, duration, awaitsEnd }: Crowd,
  isOver: () => boolean,
): Promise<FloodResult> {
  const { ended, close } = openSlowClients(url, kinds, size);
  const started = performance.now();
  const isWaiting = (time: number) =>
    time < duration || !isOver() || (awaitsEnd && ended.length < size && time < MINUTE);
  while (isWaiting(performance.now() - started)) await delay(50);
  close();
  const time = Math.max(0, ...ended);
  const last = ended.length === 0 ? '' : `, the last after ${(time / SECOND).toFixed(1)} s`;
  const answers = `${ended.length} ended by the server${last}`;
  if (!awaitsEnd) return { answers, faults: [] };
  const faults = ended.length === size ? [] : [`of ${size} slow clients ${answers}`];
  return { answers, faults, timed: { name: 'a slow client', time, limit: LATEST_END } };
}

function summarize({ statuses }: LoadResult, right: readonly number[]): FloodResult {
  const counts = Object.entries(statuses);
  return {
    answers: counts
      .map(([status, count]) => `${count.toLocaleString('en')} × ${status}`)
      .join(', '),
    faults: counts
      .filter(([status]) => !right.includes(Number(status)))
      .map(([status, count]) => `${count} were answered ${status}`),
  };
}
