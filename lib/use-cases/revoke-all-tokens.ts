import { type Caller, toPrincipal } from '../caller.ts';
import type { Audit } from '../store/records/audit.ts';
import type { Revocations } from '../store/revocations/revocations.ts';
import { type SettleDeps, settle } from './shared/settle.ts';

export interface RevokeAllTokensDeps extends SettleDeps {
  readonly revocations: Pick<Revocations, 'revokeUser'>;
  readonly audit: Audit;
}

/**
 * Revokes every token of the calling user, including those that a concurrent login is about to issue. The user can log
 * in again at once. Needs `caller.principal`. Rejects with AuthError `store_unavailable`. If a retry is then refused
 * because its token is revoked, a login and ending all other sessions acknowledge the revocation.
 */
export async function revokeAllTokens(
  deps: RevokeAllTokensDeps,
  _input: unknown,
  caller: Caller,
): Promise<void> {
  const { user } = toPrincipal(caller);
  const reason = 'user_requested';
  const { revocations, audit } = deps;
  const revoked = await revocations.revokeUser({ userId: user.id, reason, revokedBy: user.id });
  const event = { action: 'all_tokens_revoked', user, details: { reason } } as const;
  await settle(deps, revoked, audit.record(event, caller));
}
