import { tellsOwners } from '../proxy/socket-owner.ts';
import type { Member } from './member.ts';

/** Partitions of a set, by rules for the proxies of its members. */
export interface Network {
  /** Silence between this member and the others, both ways; clients still reach all of them. */
  cutOff(member: Member): void;
  /** Silence between this process and every member but one. */
  reachOnly(pid: number, member: Member): void;
  /** Everything passes again. */
  heal(): void;
}

export function createNetwork(members: readonly Member[]): Network {
  const isolated = new Set<Member>();
  const onlyReached = new Map<number, Member>();

  function canReach(opener: number | undefined, target: Member): boolean {
    const source = members.find(({ pid }) => pid === opener);
    if (source) return source === target || !(isolated.has(source) || isolated.has(target));
    const only = opener && onlyReached.get(opener);
    return !only || only === target;
  }

  function apply(): void {
    if (!tellsOwners) throw new Error('Partitions need Linux, which tells the owner of a socket');
    const openers = () => [...members.map(({ pid }) => pid), ...onlyReached.keys()];
    for (const member of members) {
      member.proxy.treat((opener) => (canReach(opener, member) ? 'pass' : 'hole'), openers);
    }
  }

  return {
    cutOff(member) {
      isolated.add(member);
      apply();
    },
    reachOnly(pid, member) {
      onlyReached.set(pid, member);
      apply();
    },
    heal() {
      isolated.clear();
      onlyReached.clear();
      for (const { proxy } of members) proxy.treat('pass');
    },
  };
}
