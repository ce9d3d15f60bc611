import type { Caller } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Users } from '../store/accounts/users.ts';
import type { Audit } from '../store/records/audit.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';
import { auditedUser } from './shared/audited-user.ts';
import { type EndSessionsDeps, markEndedInBackground } from './shared/end-sessions.ts';
import { type SettleDeps, settle } from './shared/settle.ts';

export interface LogoutDeps extends EndSessionsDeps, SettleDeps {
  readonly accessTokens: AccessTokens;
  readonly users: Users;
  readonly lastUse: Pick<LastUse, 'touch'>;
  readonly audit: Audit;
}

export interface LogoutInput {
  /** The access token as the client sent it. It may be expired or revoked. */
  readonly token: string;
}

/**
 * Revokes the token and its session. A repeated logout writes again, because the earlier write may not have reached a
 * majority. Refuses a token of a revoked key, because a thief of the key could log out anyone. Rejects with AuthError
 * `invalid_token`, `token_revoked`, `store_unavailable`.
 */
export async function logout(
  deps: LogoutDeps,
  { token }: LogoutInput,
  caller: Caller,
): Promise<void> {
  const { accessTokens, revocations, lastUse } = deps;
  const accessToken = accessTokens.verify(token);
  if (await revocations.isKeyRevoked(accessToken.kid)) {
    throw new AuthError('token_revoked', 'The key was revoked');
  }
  lastUse.touch(accessToken.sessionId, accessToken.counter); // the session counts as used even if the revocation fails
  const cause = { reason: 'logout', revokedBy: accessToken.userId };
  const revoked = await revocations.revokeTokenAndSession({ ...accessToken, ...cause });
  markEndedInBackground(deps, [accessToken.sessionId]);
  await settle(deps, revoked, record(deps, accessToken.userId, caller));
}

async function record({ users, audit }: LogoutDeps, userId: string, caller: Caller): Promise<void> {
  const user = await auditedUser(users, userId);
  const details = { email: user.email, token_revoked: true };
  await audit.record({ action: 'user_logout', user, details }, caller);
}
