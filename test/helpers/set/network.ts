import type { Treatment } from '../proxy/connection.ts';
import { tellsOwners } from '../proxy/socket-owner.ts';
import type { Member } from './member.ts';

/** Which processes reach which members of a set. */
export interface Network {
  /** The processes that its rules tell apart. */
  readonly openers: () => Iterable<number>;
  /** Takes over the proxies of these. */
  joinedBy(members: readonly Member[]): void;
  /** Silence between this member and the others, both ways. */
  cutOff(member: Member): void;
  /** Silence between this process and every member but one. */
  reachOnly(pid: number, member: Member): void;
  /** Everything passes again. */
  heal(): void;
}

/** Who reaches whom: a rule for the proxy of each member. */
export function createNetwork(): Network {
  let members: readonly Member[] = [];
  const alone = new Set<Member>();
  const only = new Map<number, Member>();

  function treatmentOf(opener: number | undefined, target: Member): Treatment {
    const from = members.find(({ pid }) => pid === opener);
    if (from !== undefined) return areApart(from, target) ? 'hole' : 'pass';
    const reached = opener !== undefined && only.get(opener);
    return reached && reached !== target ? 'hole' : 'pass';
  }

  function areApart(one: Member, other: Member): boolean {
    return one !== other && (alone.has(one) || alone.has(other));
  }

  function apply(): void {
    const isWhole = alone.size === 0 && only.size === 0;
    for (const member of members) {
      member.proxy.treat(isWhole ? 'pass' : (opener) => treatmentOf(opener, member));
    }
  }

  return {
    openers: () => [...members.map(({ pid }) => pid), ...only.keys()],
    joinedBy(all) {
      members = all;
      apply();
    },
    cutOff(member) {
      assertTellsOwners();
      alone.add(member);
      apply();
    },
    reachOnly(pid, member) {
      assertTellsOwners();
      only.set(pid, member);
      apply();
    },
    heal() {
      alone.clear();
      only.clear();
      apply();
    },
  };
}

function assertTellsOwners(): void {
  if (!tellsOwners)
    throw new Error('Only Linux tells whose a connection is, which a cut has to know');
}
