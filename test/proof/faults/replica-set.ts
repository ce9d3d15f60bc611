/** Faults of a replica set of three and of the servers on it. */
import { SECOND } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Member } from '../../helpers/set/member.ts';
import { deposePrimary, splitBrain } from '../../helpers/set/split-brain.ts';
import { openSetDeployment, type SetDeployment } from '../deployment.ts';
import { DEFAULTS, type Fault } from '../fault.ts';
import { pickRandom } from '../requests.ts';

const MAX_STALENESS = 1_500;

/** Environment of the servers of a set, in addition to what all servers have. */
export const SET_SETTINGS = {
  MAX_STALENESS: `${MAX_STALENESS}ms`,
  PRIMARY_PROOF_INTERVAL: '300ms',
} as const;

const SET_DEFAULTS = {
  ...DEFAULTS,
  open: (scope: Scope) => openSetDeployment(scope, SET_SETTINGS),
  heal: ({ set }: SetDeployment) => set.heal(),
};

const cutOff: Fault<SetDeployment> = {
  ...SET_DEFAULTS,
  name: 'cut-off-primary',
  title: 'the primary cut off from the others',
  lasts: [3 * SECOND, 4 * SECOND], // longer than an old primary believes in itself
  allowance: MAX_STALENESS,
  /** Leaves one server with the old primary, which still answers while a new one takes writes. */
  async strike({ set, servers }) {
    set.reachOnly(pickRandom(servers).pid, await set.primary());
    await splitBrain(set);
  },
};

export const replicaSetFaults: readonly Fault<SetDeployment>[] = [
  cutOff,
  {
    ...cutOff,
    name: 'cut-off-primary-strict',
    title: `${cutOff.title}, with MAX_STALENESS=0s`,
    allowance: 0,
    open: (scope) => openSetDeployment(scope, { ...SET_SETTINGS, MAX_STALENESS: '0s' }),
  },
  {
    ...SET_DEFAULTS,
    name: 'freeze-primary',
    title: 'SIGSTOP of the primary',
    lasts: [0, SECOND],
    allowance: MAX_STALENESS,
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

async function harmPrimary({ set }: SetDeployment, harm: (primary: Member) => Promise<void>) {
  const primary = await set.primary();
  await harm(primary);
  await set.primaryAfter(primary);
}
