import type { Followers } from '../../store/followers/followers.ts';
import type { Acknowledged } from '../../store/mongo/causal-reads.ts';

export interface SettleDeps {
  readonly followers: Pick<Followers, 'settle'>;
}

/**
 * Waits until no server can accept what was revoked, and meanwhile lets `beside` run: the revocation has happened, so
 * its audit event is written whatever becomes of the wait. Rejects with `store_unavailable` if the wait fails.
 */
export async function settle(
  { followers }: SettleDeps,
  revoked: Acknowledged,
  beside?: Promise<void>,
): Promise<void> {
  await Promise.all([followers.settle(revoked), beside]);
}
