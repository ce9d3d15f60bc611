import type { ExecutionContext } from 'ava';
import type { AuthParts } from '../../../lib/parts.ts';
import type { User } from '../../../lib/store/accounts/users.ts';
import type { Collections } from '../../../lib/store/mongo/collections.ts';
import { userEntry } from '../../../lib/store/revocations/entry-ids.ts';
import { HOUR } from '../../../lib/time.ts';
import { isAccepted, openTwoServers, type TwoServers } from '../../helpers/two-servers.ts';
import { unwatched, type Watch, watchSteps } from './steps.ts';

/** Exchanges one thing of the watched parts: what is watched is still what was really read. */
export type Variant = (parts: AuthParts, watch: Watch, collections: Collections) => AuthParts;

/** Two servers on one database, both with the same thing exchanged. */
export interface Deployment extends TwoServers {
  readonly variant: Variant;
}

const intact: Variant = (parts) => parts;

export async function openDeployment(t: ExecutionContext): Promise<Deployment> {
  return { ...(await openTwoServers(t)), variant: intact };
}

/** The parts that a use case is made of, on either server. */
export function useParts(
  { variant, collections }: Deployment,
  server: AuthParts,
  watch = unwatched,
): AuthParts {
  return variant(watchSteps(server, watch), watch, collections);
}

/** Counts the servers that accept the token. */
export async function countAccepting(deployment: Deployment, token: string): Promise<number> {
  const { here, there } = deployment;
  const accepted = await Promise.all(
    [here, there].map((server) => isAccepted(useParts(deployment, server), token)),
  );
  return accepted.filter(Boolean).length;
}

/**
 * Makes the database's clock look an hour behind, for this user: the cutoff is where a primary
 * whose clock was an hour ahead of this one's would have put it, before it was lost.
 */
export async function setClockBack({ collections, there }: Deployment, { id }: User) {
  await there.revocations.revokeUser({ userId: id, reason: 'user_requested', revokedBy: id });
  const update = { $set: { revoked_before: new Date(Date.now() + HOUR) } };
  await collections.revokedTokens.updateOne({ _id: userEntry(id) }, update);
}
