/** Servers of which one has a wall clock that is set, as by an operator or a broken NTP. Its monotonic clock stays right. */
import { HOUR, SECOND } from '../../../lib/time.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import type { Scope } from '../../helpers/scope.ts';
import { send } from '../../helpers/server.ts';
import { FOLLOWING } from '../deployment.ts';
import type { Fault } from '../fault.ts';
import { pickNext } from '../requests.ts';
import { judgeClock } from './clock-skew.ts';
import { LEASE, NODE_DEFAULTS, openNode } from './followers.ts';
import { type Harm, prepareHarm } from './harm.ts';

/** Offsets of the clock, round after round. A lease is within what is allowed, an hour is not. */
const OFFSETS = [HOUR, -HOUR, -LEASE, LEASE];

/** Long, so that a server which is only slow answers no 503. */
const PATIENT = { ...FOLLOWING, REQUEST_DEADLINE: '60s', FOLLOWER_LEASE: '1s' } as const;

type Target = Awaited<ReturnType<typeof open>>;

export const wallClock: Fault<Target> = {
  ...NODE_DEFAULTS,
  name: 'wall-clock',
  title: "a server's wall clock set an hour ahead or back, or by a lease",
  rounds: 8,
  lasts: [2 * SECOND, 2 * SECOND],
  open,

  async strike(target) {
    target.offset = pickNext(target, OFFSETS);
    await setClock(target, target.offset);
    target.known = { start: performance.now(), end: Number.POSITIVE_INFINITY };
  },

  async heal(target) {
    target.known.end = performance.now();
    await setClock(target, 0);
  },

  findFaults: judgeClock,
};

async function open(scope: Scope) {
  const { harm, environment } = prepareHarm(scope);
  const node = await openNode(scope, [PATIENT, { ...PATIENT, ...environment }]);
  const [, skewed] = node.servers;
  if (skewed === undefined) throw new Error('Two servers were to start');
  return {
    ...node,
    skewed,
    round: 0,
    offset: 0,
    /** Time in which the server knew of the offset. */
    known: { start: 0, end: 0 },
    harm: (done: Partial<Harm>) => harm(skewed, done),
  };
}

/** Sets the clock, and waits until the server has measured it. */
async function setClock({ skewed, harm }: Target, clockOffset: number): Promise<void> {
  harm({ clockOffset });
  await waitFor('A server that knows its clock', async () => {
    const { body } = await send(`${skewed.url}/readyz`);
    const [ahead] = /-?\d+/.exec(body.checks.skew.detail) ?? [];
    return Math.abs(Number(ahead) - clockOffset) < LEASE / 2;
  });
}
