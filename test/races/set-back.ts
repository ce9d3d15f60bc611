import { userKey } from '../../lib/store/revocation-keys.ts';
import type { User } from '../../lib/store/users.ts';
import { HOUR } from '../../lib/time.ts';
import type { Arena } from '../helpers/login-deployment.ts';

/**
 * Makes the database's clock look an hour behind, for this user: the cutoff is where a primary
 * whose clock was an hour ahead of this one's would have put it, before it was lost.
 */
export async function setClockBack({ collections, revocations }: Arena, { id }: User) {
  await revocations.revokeUser({ userId: id, reason: 'user_requested', revokedBy: id });
  const update = { $set: { revoked_before: new Date(Date.now() + HOUR) } };
  await collections.revokedTokens.updateOne({ _id: userKey(id) }, update);
}
