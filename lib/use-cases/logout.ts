import type { UseCase } from '../deadline.ts';
import type { Audit } from '../store/audit.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Users } from '../store/users.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';

export interface LogoutParts {
  readonly accessTokens: AccessTokens;
  readonly revocations: Revocations;
  readonly users: Users;
  readonly audit: Audit;
}

export interface LogoutInput {
  /** The access token as the client sent it: expired, revoked or not. */
  readonly token: string;
}

export type Logout = UseCase<LogoutInput, void>;

/**
 * Revokes a token and its whole session. Repeated, it writes again: an answer always stands for a
 * write of its own that a majority has. AuthError `invalid_token`, `store_unavailable`.
 */
export function createLogout({ accessTokens, revocations, users, audit }: LogoutParts): Logout {
  return async function logout({ token }, caller) {
    const accessToken = accessTokens.verify(token);
    await revocations.revokeToken({ ...accessToken, reason: 'logout' });
    const user = await users.find(accessToken.userId).catch(() => undefined); // only for the audit trail
    await audit.record(
      {
        action: 'user_logout',
        user: user ?? { id: accessToken.userId, companyId: null },
        details: { email: user?.email ?? null, token_revoked: true },
      },
      caller,
    );
  };
}
