import type { Caller } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Users } from '../store/accounts/users.ts';
import type { Followers } from '../store/followers/followers.ts';
import type { ClockSkew } from '../store/mongo/clock-skew.ts';
import type { Audit } from '../store/records/audit.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';
import { type AuditedUser, auditedUser } from './shared/audited-user.ts';
import { type EndSessionsDeps, markEndedInBackground } from './shared/end-sessions.ts';
import { recallPrincipal } from './shared/known-token.ts';
import { settle } from './shared/settle.ts';

export interface LogoutDeps extends EndSessionsDeps {
  readonly accessTokens: AccessTokens;
  readonly followers: Pick<Followers, 'holds' | 'isUnchanged' | 'settle'>;
  readonly skew: Pick<ClockSkew, 'isBearable'>;
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
 * majority. Refuses a token of a revoked key, because a thief of the key could log out anyone. Makes no read for this where
 * `recall` would accept the token. Rejects with AuthError `invalid_token`, `token_revoked`, `store_unavailable`.
 */
export async function logout(
  deps: LogoutDeps,
  { token }: LogoutInput,
  caller: Caller,
): Promise<void> {
  const { accessTokens, revocations, users, lastUse } = deps;
  const accessToken = accessTokens.verify(token);
  const { userId, sessionId, kid, counter } = accessToken;
  const known = recallPrincipal(deps, accessToken)?.user;
  const user = known ?? auditedUser(users, userId); // read beside the check
  if (known === undefined && (await revocations.isKeyRevoked(kid))) {
    throw new AuthError('token_revoked', 'The key was revoked');
  }
  lastUse.touch(sessionId, counter); // the session counts as used even if the revocation fails
  const cause = { reason: 'logout', revokedBy: userId };
  const revoked = await revocations.revokeTokenAndSession({ ...accessToken, ...cause });
  const recorded = record(deps, user, caller);
  await settle(deps, revoked, recorded).finally(() => markEndedInBackground(deps, [sessionId]));
}

async function record(
  { audit }: LogoutDeps,
  found: AuditedUser | Promise<AuditedUser>,
  caller: Caller,
): Promise<void> {
  const user = await found;
  const details = { email: user.email, token_revoked: true };
  await audit.record({ action: 'user_logout', user, details }, caller);
}
