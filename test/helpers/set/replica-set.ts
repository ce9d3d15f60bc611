import { replicaSetName } from '../../../scripts/dev/mongod/replica-set.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import type { Scope } from '../scope.ts';
import { type Member, type MemberSettings, startSetMember } from './member.ts';
import { createNetwork, type Network } from './network.ts';
import { findPrimary, findPrimaryAtRest, findWritingPrimary } from './status.ts';

export interface ReplicaSetOptions {
  /** One for each member. Default: three alike. */
  readonly members?: readonly MemberSettings[];
  /** Silence after which the others elect a new primary, and a primary steps down. Default 4,000 ms. */
  readonly electionTimeoutMillis?: number;
  /**
   * Time that a new primary waits to catch up with all members before it takes writes; -1 is MongoDB's
   * default: until silent members count as down. Default 0: the set takes writes while an old primary may
   * still claim to be one, which is the harder case.
   */
  readonly catchUpTimeoutMillis?: number;
  /** More arguments for each mongod. */
  readonly args?: readonly string[];
}

export interface ReplicaSet extends Network {
  /** With the database `rescind` in its path, by way of the proxies. */
  readonly uri: string;
  readonly members: readonly Member[];
  /** Waits for a primary, as the members see it; of two that claim it, the one elected last. */
  primary(): Promise<Member>;
  /** Waits for a primary other than this one, until it has written something by a majority. */
  primaryAfter(former: Member): Promise<Member>;
  /** Waits until one is primary, all agree on it, and all that do not lag on purpose have caught up. */
  atRest(): Promise<Member>;
  /** Makes the primary step down, for the others to elect one of them. */
  stepDown(): Promise<void>;
  /** Makes this member stand for election at once, whoever is primary. */
  stepUp(member: Member): Promise<void>;
  /** Puts everything right: proxies pass, frozen members are thawed and dead ones started; ends at rest. */
  heal(): Promise<void>;
}

const ARGS = ['--oplogSize', '64', '--setParameter', 'enableTestCommands=1'];

/** Starts a replica set to do harm to; every connection, also between members, takes a proxy. */
export async function ownReplicaSet(
  scope: Scope,
  options: ReplicaSetOptions = {},
): Promise<ReplicaSet> {
  const { members: settings = [{}, {}, {}], args = [] } = options;
  const { electionTimeoutMillis = 4_000, catchUpTimeoutMillis = 0 } = options;
  const starting = settings.map((each) => startSetMember(scope, each, [...ARGS, ...args]));
  const set = createReplicaSet(await Promise.all(starting));
  const [first] = set.members as [Member];
  const replSetInitiate = {
    _id: replicaSetName,
    settings: { electionTimeoutMillis, catchUpTimeoutMillis },
    members: set.members.map(({ host, settings: own }, _id) => ({ _id, host, ...own })),
  };
  await first.ask({ replSetInitiate }, 30_000);
  await set.stepUp(first); // or it would wait for an election timeout to pass
  await set.atRest();
  return set;
}

function createReplicaSet(members: readonly Member[]): ReplicaSet {
  const network = createNetwork(members);
  const hosts = members.filter(({ settings }) => !settings.hidden).map(({ host }) => host);
  const primary = () => waitFor('A primary', () => findPrimary(members));
  const atRest = () => waitFor('A set at rest', () => findPrimaryAtRest(members));
  return {
    ...network,
    uri: `mongodb://${hosts.join(',')}/rescind?replicaSet=${replicaSetName}`,
    members,
    primary,
    primaryAfter(former) {
      const others = members.filter((member) => member !== former);
      return waitFor('A new primary that writes', () => findWritingPrimary(others));
    },
    atRest,
    async stepDown() {
      const command = { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 };
      await (await primary()).ask(command, 10_000);
    },
    async stepUp(member) {
      await waitFor('An election', () => member.ask({ replSetStepUp: 1 }, 5_000));
    },
    async heal() {
      network.heal();
      for (const member of members) if (member.isRunning()) member.thaw();
      await Promise.all(members.map((member) => member.isRunning() || member.restart()));
      await atRest();
    },
  };
}
