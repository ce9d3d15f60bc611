import type { Principal } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Users } from '../store/accounts/users.ts';
import type { ClockSkew } from '../store/mongo/clock-skew.ts';
import type { RevocationKind, RevocationReads } from '../store/revocations/reads.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';

export interface AuthenticateDeps {
  readonly accessTokens: AccessTokens;
  readonly revocations: RevocationReads;
  readonly users: Users;
  readonly skew: ClockSkew;
  readonly lastUse: Pick<LastUse, 'touch'>;
}

export interface AuthenticateInput {
  /** The access token as the client sent it. */
  readonly token: string;
}

/**
 * Returns the principal that an access token belongs to. Verifies the token, then reads `revoked_tokens`, and only then
 * loads the user. Rejects with AuthError `invalid_token`, `token_revoked`, `user_tokens_revoked`, `store_unavailable`.
 */
export async function authenticate(
  { accessTokens, revocations, users, skew, lastUse }: AuthenticateDeps,
  { token }: AuthenticateInput,
): Promise<Principal> {
  const accessToken = accessTokens.verify(token);
  await skew.assertBearable(); // throws 503 if the clock is wrong, because a valid token could seem expired (401)
  accessTokens.assertCurrent(accessToken);
  const kind = await revocations.check(accessToken);
  if (kind !== undefined) throw revoked(kind);
  const user = await users.find(accessToken.userId);
  if (user === undefined) throw new AuthError('invalid_token', 'The user of the token is gone');
  if (user.disabled) throw new AuthError('invalid_token', 'The user of the token is disabled');
  lastUse.touch(accessToken.sessionId, accessToken.counter);
  return { user, sessionId: accessToken.sessionId };
}

function revoked(kind: RevocationKind): AuthError {
  return kind === 'user' || kind === 'deployment'
    ? new AuthError('user_tokens_revoked', `All tokens of the ${kind} were revoked`)
    : new AuthError('token_revoked', `The ${kind} was revoked`);
}
