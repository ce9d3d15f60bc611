import { waitFor } from '../../../scripts/dev/wait-for.ts';
import type { Member } from './member.ts';
import type { ReplicaSet } from './replica-set.ts';

/**
 * Cuts the primary off and has another elected at once. For most of an election timeout (3.7 of 4 s,
 * measured) both claim to be primary and answer reads, while only the new one has a majority.
 *
 * @returns the new primary, which takes writes.
 */
export function splitBrain(set: ReplicaSet): Promise<Member> {
  return deposePrimary(set, (old) => set.cutOff(old));
}

/**
 * Harms the primary and has another elected at once. Without help, a set (mongod 6.0) never had two primaries: the old
 * primary steps down as soon as the others elect, and a new primary takes 8 to 16 s until it writes, because members
 * must first notice that the old one, which they copy from, is silent. Here the others copy from the member to be
 * elected, replSetStepUp starts its election, and `catchUpTimeoutMillis` is 0.
 *
 * @returns the new primary, which accepts writes.
 */
export async function deposePrimary(set: ReplicaSet, harm: (old: Member) => void): Promise<Member> {
  const old = await set.primary();
  const electable = ({ settings }: Member) => settings.priority !== 0;
  const [next, ...others] = set.members.filter((member) => member !== old && electable(member));
  if (!next)
    throw new Error('A set without another electable member cannot do without its primary');
  await Promise.all(others.map((member) => copyFrom(next, member, old)));
  harm(old);
  await set.stepUp(next);
  return set.primaryAfter(old);
}

async function copyFrom(source: Member, member: Member, primary: Member): Promise<void> {
  await waitFor(`A member that copies from ${source.host}`, async () => {
    const { syncSourceHost } = await member.ask({ replSetGetStatus: 1 });
    if (syncSourceHost === source.host) return true;
    await member.ask({ replSetSyncFrom: source.host });
    // The member changes its source only after it has received something from the present one.
    await primary.ask({ appendOplogNote: 1, data: { note: 'to be copied' } });
    return undefined;
  });
}
