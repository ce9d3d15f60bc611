import type { Document } from 'mongodb';
import type { Member } from './member.ts';

/** The primary among these; of two that claim to be it, the one elected last. */
export async function primaryAmong(members: readonly Member[]): Promise<Member | undefined> {
  const answers = await Promise.all(
    members.map(async (member) => ({ member, ...(await claim(member)) })),
  );
  const claims = answers.filter(({ elected }) => elected !== undefined);
  // An election id grows with the term.
  claims.sort((one, other) => (one.elected as string).localeCompare(other.elected as string));
  return claims.at(-1)?.member;
}

async function claim(member: Member): Promise<{ elected?: string }> {
  const hello = await member.ask({ hello: 1 }).catch(() => ({}) as Document);
  return hello['isWritablePrimary'] ? { elected: String(hello['electionId']) } : {};
}

/** The primary among these, where it gets a write to a majority. */
export async function writingPrimary(members: readonly Member[]): Promise<Member | undefined> {
  const primary = await primaryAmong(members);
  if (primary) await writeTo(primary, 'majority');
  return primary;
}

/**
 * The primary of a set at rest: one claims it, all others agree, and every member that does not lag on
 * purpose has all that was written before this question. Undefined where it is not so (yet).
 */
export async function primaryAtRest(members: readonly Member[]): Promise<Member | undefined> {
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
