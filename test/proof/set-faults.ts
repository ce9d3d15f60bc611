/** Faults of a replica set of three. */
import { setTimeout as pause } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import type { Owner } from '../helpers/owner.ts';
import type { Treatment } from '../helpers/proxied-connection.ts';
import { ownReplicaSet, type ReplicaSet } from '../helpers/replica-set.ts';
import { openDeployment } from './deployment.ts';
import type { Fault } from './fault.ts';
import { anyOf } from './requests.ts';
import type { ServerUnderFire } from './server-pair.ts';

const ROUNDS = 30;
const ELECTION_TIMEOUT = 4 * SECOND;
const MAX_STALENESS = 1_500;
const PROOF_INTERVAL = 300;

export const SET_SETTINGS = {
  MAX_STALENESS: `${MAX_STALENESS}ms`,
  PRIMARY_PROOF_INTERVAL: `${PROOF_INTERVAL}ms`,
} as const;

/** What is done to the set and to the servers' ways to it; that it is healed afterwards goes without saying. */
type Harm = (set: ReplicaSet, servers: readonly ServerUnderFire[]) => Promise<void>;

interface SetFault extends Omit<Fault, 'open' | 'rounds' | 'allowance'> {
  readonly harm: Harm;
  readonly allowance?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

function setFault({ harm, allowance = 0, settings = SET_SETTINGS, ...rest }: SetFault): Fault {
  return {
    ...rest,
    allowance,
    rounds: ROUNDS,
    async open(owner: Owner) {
      const set = await ownReplicaSet(owner, { electionTimeoutMillis: ELECTION_TIMEOUT });
      const { library, servers } = await openDeployment(owner, { uri: set.uri, settings });
      return {
        library,
        servers,
        async strike() {
          await harm(set, servers);
          await set.heal();
        },
      };
    },
  };
}

export const stepDown = setFault({
  name: 'step-down',
  title: 'the primary steps down',
  async harm(set) {
    const former = await set.primary();
    await set.stepDown();
    await set.primaryAfter(former);
  },
});

export const killPrimary = setFault({
  name: 'kill-primary',
  title: 'kill -9 of the primary of three',
  async harm(set) {
    const former = await set.primary();
    await former.kill();
    await set.primaryAfter(former);
  },
});

export const freezePrimary = setFault({
  name: 'freeze-primary',
  title: 'SIGSTOP of the primary of three, thawed once another one is elected',
  allowance: MAX_STALENESS,
  async harm(set) {
    const former = await set.primary();
    former.freeze();
    await set.primaryAfter(former);
    await pause(SECOND);
  },
});

/** One server reaches nothing but the primary that is cut off; the other one finds the new primary. */
const cutOff: Harm = async (set, servers) => {
  const former = await set.primary();
  const others = set.members.filter((member) => member !== former);
  const stranded = anyOf(servers);
  set.reachOnly(stranded.pid, former);
  set.cutOff(former);
  await set.stepUp(anyOf(others)); // before the one cut off notices that it is
  await pause(ELECTION_TIMEOUT);
};

export const cutOffPrimary = setFault({
  name: 'cut-off-primary',
  title: 'the primary is cut off, and one server reaches nothing else',
  allowance: MAX_STALENESS,
  harm: cutOff,
});

export const cutOffPrimaryStrict = setFault({
  name: 'cut-off-primary-strict',
  title: 'the same, with MAX_STALENESS=0s',
  settings: { ...SET_SETTINGS, MAX_STALENESS: '0s' },
  harm: cutOff,
});

/** How long the ways between servers and database are bad. */
const BAD_WAYS = 3 * SECOND;

function treated(treatment: Treatment): Harm {
  return async (set) => {
    set.treatClients(treatment);
    await pause(BAD_WAYS);
  };
}

export const slowConnections = setFault({
  name: 'slow-connections',
  title: 'everything between servers and database takes 20 to 300 ms longer each way',
  harm: treated({ delay: [20, 300] }),
});

export const cutConnections = setFault({
  name: 'cut-connections',
  title: 'connections between servers and database break in the middle of messages',
  harm: treated({ cutAfter: [50, 20_000] }),
});

export const silentConnections = setFault({
  name: 'silent-connections',
  title: 'nothing gets through between servers and database, and nothing is closed',
  harm: treated('hole'),
});
