import type { AuthParts } from '../../lib/parts.ts';
import { toSlot } from '../../lib/store/followers/versions.ts';
import { NAMES } from '../../lib/store/mongo/collections.ts';
import type { CheckInput } from '../../lib/store/revocations/reads.ts';

/**
 * Replaces the lease by one that always holds, and the feed by one without events: the parts are those of a server that
 * does not follow, and it remembers what its strict reads find. It is measured against what following costs.
 */
export function fixLease(parts: AuthParts): AuthParts {
  const { revocations, users, followers } = parts;
  const version = 0;

  async function checkFollowed(token: CheckInput) {
    const ids = [token.hash ?? '', token.sessionId, token.userId, token.kid];
    const slots = ids.map((id) => toSlot(NAMES.revokedTokens, id)).join('');
    return { kind: await revocations.check(token), slots, version };
  }

  async function findFollowed(id: string) {
    const user = await users.find(id);
    return user && { user, slot: toSlot(NAMES.users, id), version };
  }

  return {
    ...parts,
    followers: { ...followers, start() {}, holds: () => true },
    revocations: { ...revocations, checkFollowed },
    users: { ...users, findFollowed },
  };
}
