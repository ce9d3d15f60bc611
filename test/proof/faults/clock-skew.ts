/** A server whose clock is wrong. Its clock is injected: the machine's stays right. */
import { createAuth } from '../../../lib/auth.ts';
import { connect } from '../../../lib/store/mongo/database.ts';
import { MINUTE, SECOND } from '../../../lib/time.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { emptyDatabase } from '../../helpers/database.ts';
import type { Scope } from '../../helpers/scope.ts';
import { send, serveAuth } from '../../helpers/server.ts';
import { ready, startServer } from '../deployment.ts';
import { DEFAULTS, type Fault, type Target } from '../fault.ts';
import { OPTIONS, openLibrary } from '../library.ts';
import type { Server } from '../requests.ts';

/** Offsets of the clock, round after round: within and beyond the 5 minutes that are allowed. */
const OFFSETS = [4, 7, -4, -7].map((minutes) => minutes * MINUTE);
const LARGEST_ALLOWED = 5 * MINUTE;

interface SkewTarget extends Target {
  readonly skewed: Server;
  round: number;
  offset: number;
  /** Time in which the server knew of the offset. */
  known: { start: number; end: number };
}

export const clockSkew: Fault<SkewTarget> = {
  ...DEFAULTS,
  name: 'clock-skew',
  title: "a server's clock jumps 4 or 7 minutes ahead or back",
  lasts: [2 * SECOND, 2 * SECOND],

  async open(scope) {
    const { uri } = emptyDatabase(scope);
    const secret = generateSecret();
    const library = await openLibrary(scope, uri, secret);
    const environment = { MONGODB_URI: uri, JWT_SECRET_KEY: secret };
    const sound = await startServer(scope, 'A', environment);
    const state = { round: 0, offset: 0, known: { start: 0, end: 0 } };
    const url = await serveWithClock(scope, uri, secret, () => Date.now() + state.offset);
    const skewed = { name: 'B', url };
    const servers = [sound, skewed];
    await ready(servers);
    return Object.assign(state, { library, servers, skewed });
  },

  async strike(target) {
    target.offset = OFFSETS[target.round++ % OFFSETS.length] ?? 0;
    await measureClock(target);
    target.known = { start: performance.now(), end: Number.POSITIVE_INFINITY };
  },

  async heal(target) {
    target.known.end = performance.now();
    target.offset = 0;
    await measureClock(target);
  },

  /** Expects 503 to all but logouts while the clock is known to be too far off, and no 503 while it is not. */
  findFaults({ round, known, skewed }, history) {
    const offset = OFFSETS[(round - 1) % OFFSETS.length] ?? 0;
    const asked = history
      .filter(({ server, kind }) => server === skewed.name && kind !== 'logout')
      .filter(({ start, end }) => start > known.start && end < known.end)
      .filter(({ answer }) => answer?.code !== 'busy');
    const isAllowed = Math.abs(offset) <= LARGEST_ALLOWED;
    const wrong = asked.filter(({ answer }) => (answer?.status === 503) === isAllowed);
    const clock = `with a clock ${offset / MINUTE} minutes off`;
    if (asked.length === 0) return [`Nobody asked the server ${clock}`];
    return wrong.map(
      ({ kind, answer }) => `The server answered ${kind} ${clock}: ${answer?.status}`,
    );
  },
};

/** Serves an auth with this clock in this process. */
async function serveWithClock(scope: Scope, uri: string, secret: string, clock: () => number) {
  const { db, close } = connect(uri, { deadline: MINUTE });
  scope.teardown(close);
  const auth = await createAuth({ db, secrets: [secret], ...OPTIONS, clock });
  scope.teardown(() => auth.close());
  return serveAuth(scope, auth);
}

/** Asks for `/readyz`, as a load balancer does: the server then measures its clock. */
async function measureClock({ skewed }: SkewTarget): Promise<void> {
  await send(`${skewed.url}/readyz`);
}
