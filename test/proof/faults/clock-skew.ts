/** A server whose clock is wrong. Its clock is injected: the machine's stays right. */
import { createAuth } from '../../../lib/auth.ts';
import { MINUTE, SECOND } from '../../../lib/time.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { openDatabase } from '../../helpers/database.ts';
import { proxiedMongod } from '../../helpers/mongod.ts';
import { createCommandTap } from '../../helpers/proxy/command-tap.ts';
import type { Scope } from '../../helpers/scope.ts';
import { send, serveAuth } from '../../helpers/server.ts';
import { FOLLOWING, ready, startServer } from '../deployment.ts';
import { DEFAULTS, type Fault } from '../fault.ts';
import type { Operation } from '../history.ts';
import { OPTIONS, openLibrary } from '../library.ts';
import { pickNext, type Server } from '../requests.ts';
import type { Interval } from '../tally.ts';

/** Offsets of the clock, round after round: within and beyond the 5 minutes that are allowed. */
const OFFSETS = [4, 7, -4, -7].map((minutes) => minutes * MINUTE);
const LARGEST_ALLOWED = 5 * MINUTE;

type SkewTarget = Awaited<ReturnType<typeof open>>;

export const clockSkew: Fault<SkewTarget> = {
  ...DEFAULTS,
  name: 'clock-skew',
  title: "a server's clock jumps 4 or 7 minutes ahead or back",
  lasts: [2 * SECOND, 2 * SECOND],
  open,

  async strike(target) {
    target.offset = pickNext(target, OFFSETS);
    target.isWrong = true;
    await measureClock(target);
    target.known = { start: performance.now(), end: Number.POSITIVE_INFINITY };
  },

  async heal(target) {
    target.known.end = performance.now();
    target.isWrong = false;
    await measureClock(target);
  },

  findFaults: ({ servers: [, skewed], ...target }, history) =>
    judgeClock({ ...target, skewed }, history),
};

interface Judged {
  readonly skewed: Server;
  readonly offset: number;
  /** Time in which the server knew of the offset. */
  readonly known: Interval;
}

/** Expects 503 to all but logouts while the clock is known to be too far off, and no 503 while it is not. */
export function judgeClock(
  { offset, known, skewed }: Judged,
  history: readonly Operation[],
): readonly string[] {
  const asked = history
    .filter(({ server, kind }) => server === skewed.name && kind !== 'logout')
    .filter(({ start, end }) => start > known.start && end < known.end)
    .filter(({ answer }) => answer?.code !== 'busy');
  const isAllowed = Math.abs(offset) <= LARGEST_ALLOWED;
  const wrong = asked.filter(({ answer }) => (answer?.status === 503) === isAllowed);
  const clock = `with a clock ${offset / SECOND} seconds off`;
  if (asked.length === 0) return [`No request reached the server ${clock}`];
  return wrong.map(({ kind, answer }) => `The server answered ${kind} ${clock}: ${answer?.status}`);
}

/** Starts a sound server, and in this process one whose clock can be wrong. */
async function open(scope: Scope) {
  const tap = createCommandTap();
  const { uri } = await proxiedMongod(scope, { openRelay: tap.openRelay });
  const { db } = openDatabase(scope, uri);
  const secret = generateSecret();
  const library = await openLibrary(scope, uri, secret);
  const sound = await startServer(scope, 'A', {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: secret,
    ...FOLLOWING,
  });
  const state = {
    round: 0,
    offset: 0,
    isWrong: false,
    /** Time in which the server knew of the offset. */
    known: { start: 0, end: 0 },
  };
  const clock = () => Date.now() + (state.isWrong ? state.offset : 0);
  const auth = await createAuth({ db, secrets: [secret], ...OPTIONS, clock, follow: 'auto' });
  scope.teardown(() => auth.close());
  const skewed = { name: 'B', url: await serveAuth(scope, auth), follows: true };
  const servers = [sound, skewed] as const;
  await ready(servers);
  return Object.assign(state, { library, servers, tap });
}

/** Asks for `/readyz`, as a load balancer does: the server then measures its clock. */
async function measureClock({ servers: [, skewed] }: SkewTarget): Promise<void> {
  await send(`${skewed.url}/readyz`);
}
