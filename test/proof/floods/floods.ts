import { setTimeout as delay } from 'node:timers/promises';
import { HOUR } from '../../../lib/time.ts';
import { runClosedLoop, runOpenLoop } from '../../../scripts/bench/generator/loops.ts';
import type { Source, StreamResult } from '../../../scripts/bench/generator/protocol.ts';
import {
  inTurn,
  junkCredentials,
  junkRefreshTokens,
  junkTokens,
  logins,
  type Make,
  unknownClients,
} from './junk.ts';
import { IDLE, LORIS, openCrowd, type SlowClient } from './slow-crowd.ts';
import type { WatchedServer } from './watched-server.ts';

/** What harm is done to the server while good clients are at work. */
export interface Flood {
  readonly name: string;
  /** Whether the server can answer it without its database. */
  readonly isJunk?: boolean;
  /** Goes on until it has done what it is to do, and for as long as the good clients are at work. */
  run(isOver: () => boolean): Promise<Flooded>;
}

/** What came of a flood. */
export interface Flooded {
  readonly answers: string;
  /** Sentences on what must not have been. */
  readonly faults: readonly string[];
}

export interface FloodSizes {
  /** Junk requests of each kind. */
  readonly junk: number;
  /** Connections of slow clients, and of idle ones. */
  readonly slow: number;
  readonly idle: number;
  /** How long a storm or a crowd lasts, in milliseconds. */
  readonly lastsFor: number;
  /** Whether that is long enough for slow clients to be ended, and the machine idle enough to time it. */
  readonly isTimed: boolean;
}

const CONNECTIONS = 50;

/** Every flood there is, on this server. */
export function floodsOn(server: WatchedServer, sizes: FloodSizes): readonly Flood[] {
  const [session] = server.sessions;
  if (session === undefined) throw new Error('Nobody has logged in');
  const port = Number(new URL(server.url).port);
  const junk = (name: string, makes: readonly Make[], isJunk: boolean): Flood => ({
    name,
    isJunk,
    async run(isOver) {
      const source = inTurn(makes, (sent) => sent < sizes.junk || !isOver());
      return told(
        await runClosedLoop({ port, leadIn: 0, duration: HOUR }, source, CONNECTIONS),
        [401],
      );
    },
  });
  return [
    junk('junk access tokens', junkTokens(session), true),
    junk('junk refresh tokens', junkRefreshTokens(session), true),
    junk('junk client credentials', junkCredentials(session), true),
    junk('credentials of unknown clients', unknownClients(session), false),
    crowd('slow clients', server.url, LORIS, sizes.slow, sizes),
    crowd('idle connections', server.url, IDLE, sizes.idle, { ...sizes, isTimed: false }),
    stormOfLogins(
      port,
      inTurn(logins(server.emails), () => true),
      sizes,
    ),
  ];
}

/** Some five times what one thread can check at the lowest cost. */
const LOGIN_RATE = 100;

/** REQUEST_DEADLINE, and what the way there and back may take on a machine of two processors. */
const LATEST_LOGIN = 5_500;

function stormOfLogins(port: number, source: Source, { lastsFor, isTimed }: FloodSizes): Flood {
  return {
    name: `${LOGIN_RATE} logins a second`,
    async run() {
      const result = await runOpenLoop({ port, leadIn: 0, duration: lastsFor }, source, LOGIN_RATE);
      const { faults, answers } = told(result, [200, 401, 429, 503]);
      const isLate = isTimed && result.max > LATEST_LOGIN;
      const isShed = (result.statuses['429'] ?? 0) + (result.statuses['503'] ?? 0) > 0;
      return {
        answers: `${answers}; the slowest after ${Math.round(result.max)} ms`,
        faults: [
          ...faults,
          ...(isShed ? [] : ['no login was turned away']),
          ...(isLate ? [`a login took ${Math.round(result.max)} ms`] : []),
        ],
      };
    },
  };
}

/** Node looks after slow clients every 2 seconds; they have 10 for their headers, and 5 for a body to /login. */
const LATEST_END = 15_000;

function crowd(
  name: string,
  url: string,
  kinds: readonly SlowClient[],
  size: number,
  { lastsFor, isTimed }: FloodSizes,
): Flood {
  return {
    name: `${size} ${name}`,
    async run(isOver) {
      const all = openCrowd(url, kinds, size);
      const until = performance.now() + lastsFor;
      while (performance.now() < until || !isOver()) await delay(50);
      const [ended, longest] = [all.countEnded(), all.longest];
      all.leave();
      const last = ended === 0 ? '' : `, the last after ${(longest / 1000).toFixed(1)} s`;
      const isEnded = !isTimed || (ended === size && longest <= LATEST_END);
      return {
        answers: `${ended} ended by the server${last}`,
        faults: isEnded ? [] : [`of ${size} slow clients ${ended} were ended${last}`],
      };
    },
  };
}

function told({ statuses }: StreamResult, right: readonly number[]): Flooded {
  const wrong = Object.keys(statuses).filter((status) => !right.includes(Number(status)));
  return {
    answers: Object.entries(statuses)
      .map(([status, count]) => `${count.toLocaleString('en')} × ${status}`)
      .join(', '),
    faults: wrong.map((status) => `${statuses[status]} were answered ${status}`),
  };
}
