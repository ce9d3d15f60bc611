import type { Member } from './member.ts';

/** Finds the primary among these; of two that claim to be it, the one elected last. */
export async function findPrimary(members: readonly Member[]): Promise<Member | undefined> {
  const claims = await Promise.all(
    members.map(async (member) => {
      const hello = await member.ask({ hello: 1 }).catch(() => undefined);
      // An election id grows with the term.
      return { member, elected: hello?.['isWritablePrimary'] ? String(hello['electionId']) : '' };
    }),
  );
  claims.sort((one, other) => one.elected.localeCompare(other.elected));
  const last = claims.at(-1);
  return last?.elected ? last.member : undefined;
}

/** Finds the primary among these, where it gets a write to a majority. */
export async function findWritingPrimary(members: readonly Member[]): Promise<Member | undefined> {
  const primary = await findPrimary(members);
  if (primary) await writeTo(primary, 'majority');
  return primary;
}

/**
 * Finds the primary of a set at rest: one claims it, all others agree, and every member that does not lag
 * on purpose has all that was written before this question. Undefined where it is not so (yet).
 */
export async function findPrimaryAtRest(members: readonly Member[]): Promise<Member | undefined> {
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
