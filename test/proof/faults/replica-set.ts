/** Faults of a replica set of three and of the servers on it. */
import { SECOND } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Member } from '../../helpers/set/member.ts';
import { deposePrimary, splitBrain } from '../../helpers/set/split-brain.ts';
import { FOLLOWING, openSetDeployment, type SetDeployment } from '../deployment.ts';
import { DEFAULTS, type Fault } from '../fault.ts';
import { pickRandom } from '../requests.ts';

const SET_DEFAULTS = {
  ...DEFAULTS,
  open: (scope: Scope) => openSetDeployment(scope, FOLLOWING),
  heal: ({ set }: SetDeployment) => set.heal(),
};

/** Delay between members, each way. A write waits for two or three of them until a majority has it. */
const SLOW_MAJORITY = [50, 150] as const;

export const replicaSetFaults: readonly Fault<SetDeployment>[] = [
  {
    ...SET_DEFAULTS,
    name: 'cut-off-primary',
    title: 'the primary cut off from the others',
    lasts: [3 * SECOND, 4 * SECOND], // longer than an old primary believes in itself
    /** Leaves one server with the old primary, which still answers plain reads while a new one takes writes. */
    async strike({ set, servers }) {
      set.reachOnly(pickRandom(servers).pid, await set.primary());
      await splitBrain(set);
    },
  },
  {
    ...SET_DEFAULTS,
    name: 'cut-off-primary-reached',
    title: 'the primary cut off from the others, and every server reaches all three',
    lasts: [3 * SECOND, 4 * SECOND],
    rounds: 10,
    strike: ({ set }) => splitBrain(set),
  },
  {
    ...SET_DEFAULTS,
    name: 'cut-off-primary-unreached',
    title: 'the primary cut off from the others, and a server reaches only the new one',
    lasts: [3 * SECOND, 4 * SECOND],
    rounds: 10,
    async strike({ set, servers }) {
      const next = await splitBrain(set);
      set.reachOnly(pickRandom(servers).pid, next);
    },
  },
  {
    ...SET_DEFAULTS,
    name: 'freeze-primary',
    title: 'SIGSTOP of the primary',
    lasts: [0, SECOND],
    strike: ({ set }) => deposePrimary(set, (primary) => primary.freeze()),
  },
  {
    ...SET_DEFAULTS,
    name: 'kill-primary',
    title: 'kill -9 of the primary',
    lasts: [0, SECOND],
    strike: (target) => harmPrimary(target, (primary) => primary.kill()),
  },
  {
    ...SET_DEFAULTS,
    name: 'step-down',
    title: 'step-down',
    strike: (target) => harmPrimary(target, () => target.set.stepDown()),
  },
];

/** A fault of a server, whose set is slow. */
export const startBesideSlowWrites: Fault<SetDeployment> = {
  ...SET_DEFAULTS,
  name: 'start-beside-slow-writes',
  title: 'a server starts while revocations wait for their majority',
  lasts: [SECOND, 2 * SECOND],
  rounds: 10,
  mayBreakOff: true,
  async strike({ set, servers }) {
    set.slowDown(SLOW_MAJORITY);
    const server = pickRandom(servers);
    await server.kill();
    await server.restart();
  },
};

async function harmPrimary({ set }: SetDeployment, harm: (primary: Member) => Promise<void>) {
  const primary = await set.primary();
  await harm(primary);
  await set.primaryAfter(primary);
}
