import { principalOf } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import type { Audit } from '../store/audit.ts';
import type { Revocations } from '../store/revocations.ts';

export interface RevokeAllTokensParts {
  readonly revocations: Revocations;
  readonly audit: Audit;
}

export type RevokeAllTokens = UseCase<unknown, void>;

/**
 * Revokes every token of the calling user, also those that a login under way is about to issue.
 * The user can log in again at once. Needs `caller.principal`. AuthError `store_unavailable`.
 */
export function createRevokeAllTokens({
  revocations,
  audit,
}: RevokeAllTokensParts): RevokeAllTokens {
  return async function revokeAllTokens(_input, caller) {
    const { user } = principalOf(caller);
    const reason = 'user_requested';
    await revocations.revokeUser({ userId: user.id, reason, revokedBy: user.id });
    await audit.record({ action: 'all_tokens_revoked', user, details: { reason } }, caller);
  };
}
