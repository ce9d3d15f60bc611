import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import type { Audit } from '../store/audit.ts';
import type { LastUse } from '../store/last-use.ts';
import type { Users } from '../store/users.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';
import { auditedUser } from './audited-user.ts';
import { createNoteEnded, type EndSessionsParts } from './end-sessions.ts';

export interface LogoutParts extends EndSessionsParts {
  readonly accessTokens: AccessTokens;
  readonly users: Users;
  readonly lastUse: Pick<LastUse, 'note'>;
  readonly audit: Audit;
}

export interface LogoutInput {
  /** The access token as the client sent it: expired, revoked or not. */
  readonly token: string;
}

export type Logout = UseCase<LogoutInput, void>;

/**
 * Revokes a token and its whole session. Repeated, it writes again: an answer always stands for a
 * write of its own that a majority has. A token of a revoked key ends nothing: whoever has the key could
 * log out anyone. AuthError `invalid_token`, `token_revoked`, `store_unavailable`.
 */
export function createLogout(parts: LogoutParts): Logout {
  const { accessTokens, revocations, users, lastUse, audit } = parts;
  const noteEnded = createNoteEnded(parts);

  return async function logout({ token }, caller) {
    const accessToken = accessTokens.verify(token);
    if (await revocations.isKeyRevoked(accessToken.kid)) {
      throw new AuthError('token_revoked', 'The key was revoked');
    }
    lastUse.note(accessToken.sessionId, accessToken.counter); // also if the revocation fails
    const cause = { reason: 'logout', revokedBy: accessToken.userId };
    await revocations.revokeTokenAndSession({ ...accessToken, ...cause });
    noteEnded([accessToken.sessionId]);
    const user = await auditedUser(users, accessToken.userId);
    const details = { email: user.email, token_revoked: true };
    await audit.record({ action: 'user_logout', user, details }, caller);
  };
}
