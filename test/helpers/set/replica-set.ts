import { replicaSetName } from '../../../scripts/dev/mongod/replica-set.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { findTestMongod } from '../mongod.ts';
import type { Scope } from '../scope.ts';
import { type Member, type MemberSettings, startSetMember } from './member.ts';
import { createNetwork, type Network } from './network.ts';
import { primaryAmong, primaryAtRest, writingPrimary } from './status.ts';

export interface ReplicaSetOptions {
  /** One for each member. Default: three alike. */
  readonly members?: readonly MemberSettings[];
  /** After so long without a word the others elect a new primary, and a primary steps down. Default 4,000 ms. */
  readonly electionTimeoutMillis?: number;
  /**
   * How long a new primary waits, before it takes writes, to hear from all members whether it lacks
   * anything; -1 is MongoDB's default, for ever: until those that are silent count as down. Default 0:
   * the set writes again while an old primary may still believe in itself, which is the harder case.
   */
  readonly catchUpTimeoutMillis?: number;
  /** More arguments for each mongod. */
  readonly args?: readonly string[];
}

export interface ReplicaSet {
  /** With the database `rescind` in its path, by way of the proxies. */
  readonly uri: string;
  readonly members: readonly Member[];
  /** Asked of the members themselves; of two that claim it, the one elected last. Waits until there is one. */
  primary(): Promise<Member>;
  /** Waits for a primary other than this one, until it has written something by a majority. */
  primaryAfter(former: Member): Promise<Member>;
  /** Waits until one is primary, all agree on it, and all that do not lag on purpose have caught up. */
  atRest(): Promise<Member>;
  /** Makes the primary step down, for the others to elect one of them. */
  stepDown(): Promise<void>;
  /** Makes this member stand for election at once, whoever is primary. */
  stepUp(member: Member): Promise<void>;
  /** Silence between this member and the others, both ways; clients still reach all of them. */
  cutOff(member: Member): void;
  /** Silence between this process and every member but one. */
  reachOnly(pid: number, member: Member): void;
  /** Puts everything right: proxies pass, frozen members are thawed and dead ones started; ends at rest. */
  heal(): Promise<void>;
}

/** A replica set of the test's own, to do harm to; every connection, also between members, takes a proxy of ours. */
export async function ownReplicaSet(
  scope: Scope,
  options: ReplicaSetOptions = {},
): Promise<ReplicaSet> {
  const { members: settings = [{}, {}, {}], args = [] } = options;
  const binary = await findTestMongod();
  const network = createNetwork();
  const mongodArgs = ['--oplogSize', '64', '--setParameter', 'enableTestCommands=1', ...args];
  const starting = settings.map((of) =>
    startSetMember(scope, { binary, settings: of, args: mongodArgs, openers: network.openers }),
  );
  const members = await Promise.all(starting);
  network.joinedBy(members);
  const set = createReplicaSet(members, network);
  await initiate(set, options);
  return set;
}

async function initiate(set: ReplicaSet, options: ReplicaSetOptions): Promise<void> {
  const { electionTimeoutMillis = 4_000, catchUpTimeoutMillis = 0 } = options;
  const [first] = set.members as [Member];
  const replSetInitiate = {
    _id: replicaSetName,
    settings: { electionTimeoutMillis, catchUpTimeoutMillis },
    members: set.members.map(({ host, settings }, _id) => ({ _id, host, ...settings })),
  };
  await first.ask({ replSetInitiate }, 30_000);
  await set.stepUp(first); // or it would wait for an election time-out to pass
  await set.atRest();
}

function createReplicaSet(members: readonly Member[], network: Network): ReplicaSet {
  const hosts = members.filter(({ settings }) => !settings.hidden).map(({ host }) => host);
  const primary = () => waitFor('A primary', () => primaryAmong(members));
  const atRest = () => waitFor('A set at rest', () => primaryAtRest(members));
  return {
    uri: `mongodb://${hosts.join(',')}/rescind?replicaSet=${replicaSetName}`,
    members,
    primary,
    primaryAfter(former) {
      const others = members.filter((member) => member !== former);
      return waitFor('A new primary that writes', () => writingPrimary(others));
    },
    atRest,
    async stepDown() {
      const command = { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 };
      await (await primary()).ask(command, 10_000);
    },
    async stepUp(member) {
      await waitFor('An election', () => member.ask({ replSetStepUp: 1 }, 5_000));
    },
    cutOff: (member) => network.cutOff(member),
    reachOnly: (pid, member) => network.reachOnly(pid, member),
    async heal() {
      network.heal();
      for (const member of members) if (member.isRunning()) member.thaw();
      await Promise.all(members.map((member) => member.isRunning() || member.restart()));
      await atRest();
    },
  };
}
