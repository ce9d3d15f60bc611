import { replicaSetName } from '../../../scripts/dev/mongod/replica-set.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import type { OpenRelay, Range, Treatment } from '../proxy/connection.ts';
import { tellsOwners } from '../proxy/socket-owner.ts';
import type { Scope } from '../scope.ts';
import { type Member, type MemberSettings, startSetMember } from './member.ts';

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
  /** Stands between the two ends of each connection to a member. */
  readonly openRelay?: OpenRelay | undefined;
}

export type ReplicaSet = ReturnType<typeof createReplicaSet>;

/** Starts a replica set to do harm to; every connection, also between members, takes a proxy. */
export async function ownReplicaSet(
  scope: Scope,
  options: ReplicaSetOptions = {},
): Promise<ReplicaSet> {
  const { members: each = [{}, {}, {}] } = options;
  const { electionTimeoutMillis = 4_000, catchUpTimeoutMillis = 0 } = options;
  const started = await Promise.all(
    each.map((settings) => startSetMember(scope, settings, options.openRelay)),
  );
  const set = createReplicaSet(started);
  const [first] = set.members as [Member];
  const replSetInitiate = {
    _id: replicaSetName,
    settings: { electionTimeoutMillis, catchUpTimeoutMillis },
    members: set.members.map(({ host, settings }, _id) => ({ _id, host, ...settings })),
  };
  await first.ask({ replSetInitiate }, 30_000);
  await set.stepUp(first); // or it would wait for an election timeout to pass
  await set.atRest();
  return set;
}

function createReplicaSet(members: readonly Member[]) {
  const network = createNetwork(members);
  const hosts = members.filter(({ settings }) => !settings.hidden).map(({ host }) => host);
  /** Waits for a primary, as the members see it; of two that claim it, the one elected last. */
  const primary = () => waitFor('A primary', () => findPrimary(members));
  /** Waits until one is primary, all agree on it, and all that do not lag on purpose have caught up. */
  const atRest = () => waitFor('A set at rest', () => findPrimaryAtRest(members));
  return {
    ...network,
    /** Leads through the proxies to the database `rescind`. */
    uri: `mongodb://${hosts.join(',')}/rescind?replicaSet=${replicaSetName}`,
    members,
    primary,
    /** Waits for a primary other than this one, until it has written something by a majority. */
    primaryAfter(former: Member): Promise<Member> {
      const others = members.filter((member) => member !== former);
      return waitFor('A new primary that writes', () => findWritingPrimary(others));
    },
    atRest,
    /** Makes the primary step down, for the others to elect one of them. */
    async stepDown(): Promise<void> {
      const command = { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 };
      await (await primary()).ask(command, 10_000);
    },
    /** Makes this member stand for election at once, whoever is primary. */
    async stepUp(member: Member): Promise<void> {
      await waitFor('An election', () => member.ask({ replSetStepUp: 1 }, 5_000));
    },
    /** Puts everything right: proxies pass, frozen members are thawed and dead ones started; ends at rest. */
    async heal(): Promise<void> {
      network.heal();
      for (const member of members) if (member.isRunning()) member.thaw();
      await Promise.all(members.map((member) => member.isRunning() || member.restart()));
      await atRest();
    },
  };
}

/** Creates partitions of a set, by rules for the proxies of its members. */
function createNetwork(members: readonly Member[]) {
  const isolated = new Set<Member>();
  const onlyReached = new Map<number, Member>();
  let delay: Range | undefined;

  function canReach(opener: number | undefined, target: Member): boolean {
    const source = members.find(({ pid }) => pid === opener);
    if (source) return source === target || !(isolated.has(source) || isolated.has(target));
    const only = opener && onlyReached.get(opener);
    return !only || only === target;
  }

  function apply(): void {
    if (!tellsOwners) throw new Error('Partitions need Linux, which shows the owner of a socket');
    const openers = () => [...members.map(({ pid }) => pid), ...onlyReached.keys()];
    for (const member of members) {
      member.proxy.treat((opener) => chooseTreatment(opener, member), openers);
    }
  }

  function chooseTreatment(opener: number | undefined, target: Member): Treatment {
    if (!canReach(opener, target)) return 'hole';
    const isInner = members.some(({ pid }) => pid === opener);
    return isInner && delay ? { delay } : 'pass';
  }

  return {
    /** Silence between this member and the others, both ways; clients still reach all of them. */
    cutOff(member: Member): void {
      isolated.add(member);
      apply();
    },
    /** Silence between this process and every member but one. */
    reachOnly(pid: number, member: Member): void {
      onlyReached.set(pid, member);
      apply();
    },
    /** Delays everything between the members, by so many milliseconds each way: writes wait for their majority. */
    slowDown(milliseconds: Range): void {
      delay = milliseconds;
      apply();
    },
    /** Everything passes again. */
    heal(): void {
      delay = undefined;
      isolated.clear();
      onlyReached.clear();
      for (const { proxy } of members) proxy.treat('pass');
    },
  };
}

/** Finds the primary among these; of two that claim to be it, the one elected last. */
async function findPrimary(members: readonly Member[]): Promise<Member | undefined> {
  const claims = members.map(async (member) => {
    const hello = await member.ask({ hello: 1 }).catch(() => undefined);
    // An election id grows with the term.
    return hello?.['isWritablePrimary'] ? [{ member, elected: String(hello['electionId']) }] : [];
  });
  const elections = (await Promise.all(claims)).flat();
  return elections.sort((one, other) => one.elected.localeCompare(other.elected)).at(-1)?.member;
}

/** Finds the primary among these, where it gets a write to a majority. */
async function findWritingPrimary(members: readonly Member[]): Promise<Member | undefined> {
  const primary = await findPrimary(members);
  if (primary) await writeTo(primary, 'majority');
  return primary;
}

/**
 * Finds the primary of a set at rest: one claims it, all others agree, and every member that does not lag
 * on purpose has all that was written before this question. Undefined where it is not so (yet).
 */
async function findPrimaryAtRest(members: readonly Member[]): Promise<Member | undefined> {
  const hellos = await Promise.all(members.map((member) => member.ask({ hello: 1 })));
  const claims = members.filter((_, index) => hellos[index]?.['isWritablePrimary']);
  const [primary] = claims;
  if (claims.length !== 1 || hellos.some((hello) => hello['primary'] !== primary?.host))
    return undefined;
  const w = members.filter(({ settings }) => !settings.secondaryDelaySecs).length;
  if (primary) await writeTo(primary, w);
  return primary;
}

/** Rejects when it takes more than a second. */
async function writeTo(primary: Member, w: number | 'majority'): Promise<void> {
  const writeConcern = { w, wtimeout: 800 };
  await primary.ask({ appendOplogNote: 1, data: { note: 'written by so many' }, writeConcern });
}
