import { type Caller, toPrincipal } from '../caller.ts';
import type { Audit } from '../store/records/audit.ts';
import type { Revocations } from '../store/revocations/revocations.ts';

export interface RevokeAllTokensDeps {
  readonly revocations: Pick<Revocations, 'revokeUser'>;
  readonly audit: Audit;
}

/**
 * Revokes every token of the calling user, including those that a concurrent login is about to issue. The user can log
 * in again at once. Needs `caller.principal`. Rejects with AuthError `store_unavailable`.
 */
export async function revokeAllTokens(
  { revocations, audit }: RevokeAllTokensDeps,
  _input: unknown,
  caller: Caller,
): Promise<void> {
  const { user } = toPrincipal(caller);
  const reason = 'user_requested';
  await revocations.revokeUser({ userId: user.id, reason, revokedBy: user.id });
  await audit.record({ action: 'all_tokens_revoked', user, details: { reason } }, caller);
}
