/** One race of a login and a revoke-all of one user, and what must be true of it. */
import type { User } from '../../lib/store/users.ts';
import { revokeAllTokens } from '../../lib/use-cases/revoke-all-tokens.ts';
import { CALLER } from '../helpers/auth.ts';
import { type Arena, isAccepted } from '../helpers/login-deployment.ts';
import { PASSWORD } from '../helpers/users.ts';
import { type Moment, type Point, race } from './barriers.ts';

export interface RevokeAllRace {
  /** The user's cutoff before the revoke-all, and after it: nothing else moved it. */
  readonly before: number;
  readonly after: number;
  /** The cutoff that the login read. */
  readonly read: number;
  /** Whether another server accepted the token when both had been answered. */
  readonly accepted: boolean;
  readonly begunAt: Point;
  readonly answeredAt: Point;
}

export type RevokeAllFault =
  | 'the token outlived the revoke-all'
  | 'the token was dead on arrival'
  | 'the login read a cutoff that never stood'
  | 'the login read the old cutoff after the revoke-all was answered'
  | 'the login read the new cutoff before the revoke-all was asked for';

/** Moments that make either side come first now and then, and the two meet most of the time. */
export const MOMENTS = ['before', 'start', 'account', 'cutoffs', 'password', 'again'] as const;

/** Races a login with a revoke-all of the same user. */
export async function raceRevokeAll(
  arena: Arena,
  user: User,
  moment: Moment,
): Promise<RevokeAllRace> {
  const before = await cutoffOf(arena, user);
  const { result, reads, begunAt, answeredAt } = await race(
    moment,
    (watch) => arena.makeLogin(watch)({ email: user.email, password: PASSWORD }, CALLER),
    () => revokeAll(arena, user),
  );
  const accepted = await isAccepted(arena, result.accessToken);
  const after = await cutoffOf(arena, user);
  const read = reads.cutoffs.at(-1)?.user ?? Number.NaN;
  return { before, after, read, accepted, begunAt, answeredAt };
}

/** The real use case, for a user whose own token was accepted. */
export async function revokeAll({ revocations, parts }: Arena, user: User): Promise<void> {
  const caller = { ...CALLER, principal: { user, sessionId: 'none' } };
  await revokeAllTokens({ revocations, audit: parts.audit }, undefined, caller);
}

async function cutoffOf({ checkParts }: Arena, { id }: User): Promise<number> {
  return (await checkParts.revocations.cutoffs(id)).user;
}

/** What a race shows to be wrong. The cutoff that the login read decides, and leaves no room. */
export function faultOf(race: RevokeAllRace): RevokeAllFault | undefined {
  const { before, after, read, accepted, begunAt, answeredAt } = race;
  if (read === before && accepted) return 'the token outlived the revoke-all';
  if (read === after && !accepted) return 'the token was dead on arrival';
  if (read !== before && read !== after) return 'the login read a cutoff that never stood';
  if (read === before && answeredAt === 'before') {
    return 'the login read the old cutoff after the revoke-all was answered';
  }
  if (read === after && begunAt === 'answer') {
    return 'the login read the new cutoff before the revoke-all was asked for';
  }
  return undefined;
}

/** Whose turn came first: the login's read of the cutoff, or the revocation. */
export function orderOf({ read, before }: RevokeAllRace): string {
  return read === before ? 'the login came first' : 'the revoke-all came first';
}
