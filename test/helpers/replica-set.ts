import { findMongod } from '../../scripts/mongod/find.ts';
import { replicaSetName } from '../../scripts/mongod/replica-set.ts';
import { silentReport } from '../../scripts/progress.ts';
import type { Owner } from './owner.ts';
import type { Treatment } from './proxied-connection.ts';
import { type Member, type MemberSettings, startSetMember } from './set-member.ts';
import { eventually, primaryAmong, primaryAtRest } from './set-status.ts';

export interface ReplicaSetOptions {
  /** One for each member. Default: three alike. */
  readonly members?: readonly MemberSettings[];
  /** After so long without a word the others elect a new primary, and a primary steps down. Default 4,000 ms. */
  readonly electionTimeoutMillis?: number;
  /** More arguments for each mongod. */
  readonly args?: readonly string[];
}

export interface ReplicaSet {
  /** With the database `rescind` in its path, by way of the proxies. */
  readonly uri: string;
  readonly members: readonly Member[];
  /** Asked of the members themselves; of two that claim it, the one elected last. Waits until there is one. */
  primary(): Promise<Member>;
  /** Waits for a primary other than this one. */
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
  /** What becomes of the connections of all clients. */
  treatClients(treatment: Treatment): void;
  /** Puts everything right: proxies pass, frozen members are thawed and dead ones started; ends at rest. */
  heal(): Promise<void>;
}

/** A replica set of the test's own, to do harm to; every connection, also between members, takes a proxy of ours. */
export async function ownReplicaSet(
  owner: Owner,
  options: ReplicaSetOptions = {},
): Promise<ReplicaSet> {
  const { members: settings = [{}, {}, {}], args = [], electionTimeoutMillis = 4_000 } = options;
  const binary = await findMongod(process.env, silentReport);
  const network = createNetwork();
  const mongodArgs = ['--oplogSize', '64', '--setParameter', 'enableTestCommands=1', ...args];
  const starting = settings.map((of) =>
    startSetMember(owner, { binary, settings: of, args: mongodArgs, openers: network.openers }),
  );
  const members = await Promise.all(starting);
  network.joinedBy(members);
  await members[0]?.ask({
    replSetInitiate: {
      _id: replicaSetName,
      settings: { electionTimeoutMillis },
      members: members.map(({ host, settings: of }, _id) => ({ _id, host, ...of })),
    },
  });
  const set = createReplicaSet(members, network);
  await set.atRest();
  return set;
}

function createReplicaSet(members: readonly Member[], network: Network): ReplicaSet {
  const hosts = members.filter(({ settings }) => !settings.hidden).map(({ host }) => host);
  const primary = () => eventually('A primary', () => primaryAmong(members));
  const atRest = () => eventually('A set at rest', () => primaryAtRest(members));
  return {
    uri: `mongodb://${hosts.join(',')}/rescind?replicaSet=${replicaSetName}`,
    members,
    primary,
    primaryAfter(former) {
      const others = members.filter((member) => member !== former);
      return eventually('A new primary', () => primaryAmong(others));
    },
    atRest,
    async stepDown() {
      await (await primary()).ask({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 });
    },
    async stepUp(member) {
      await eventually('An election', () => member.ask({ replSetStepUp: 1 }));
    },
    cutOff: (member) => network.cutOff(member),
    reachOnly: (pid, member) => network.reachOnly(pid, member),
    treatClients: (treatment) => network.treatClients(treatment),
    async heal() {
      network.heal();
      for (const member of members) if (member.isRunning()) member.thaw();
      await Promise.all(members.map((member) => member.isRunning() || member.restart()));
      await atRest();
    },
  };
}

interface Network {
  readonly openers: () => Iterable<number>;
  joinedBy(members: readonly Member[]): void;
  cutOff(member: Member): void;
  reachOnly(pid: number, member: Member): void;
  treatClients(treatment: Treatment): void;
  heal(): void;
}

/** Who reaches whom: a rule for the proxy of each member. */
function createNetwork(): Network {
  let members: readonly Member[] = [];
  let clients: Treatment = 'pass';
  const alone = new Set<Member>();
  const only = new Map<number, Member>();

  function treatmentOf(opener: number | undefined, target: Member): Treatment {
    const from = members.find(({ pid }) => pid === opener);
    if (from === target) return 'pass';
    if (from !== undefined) return alone.has(from) || alone.has(target) ? 'hole' : 'pass';
    const reached = opener === undefined ? undefined : only.get(opener);
    return reached === undefined || reached === target ? clients : 'hole';
  }

  function apply(): void {
    for (const member of members) member.proxy.treat((opener) => treatmentOf(opener, member));
  }

  return {
    openers: () => [...members.map(({ pid }) => pid), ...only.keys()],
    joinedBy(all) {
      members = all;
      apply();
    },
    cutOff(member) {
      alone.add(member);
      apply();
    },
    reachOnly(pid, member) {
      only.set(pid, member);
      apply();
    },
    treatClients(treatment) {
      clients = treatment;
      apply();
    },
    heal() {
      alone.clear();
      only.clear();
      clients = 'pass';
      apply();
    },
  };
}
