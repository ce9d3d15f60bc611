import type { Principal } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Users } from '../store/accounts/users.ts';
import type { Followers } from '../store/followers/followers.ts';
import type { ClockSkew } from '../store/mongo/clock-skew.ts';
import type { RevocationKind, RevocationReads } from '../store/revocations/reads.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';
import type { AccessToken } from '../tokens/access/verifier.ts';
import { learn } from './shared/known-token.ts';

export interface AuthenticateDeps {
  readonly accessTokens: AccessTokens;
  readonly revocations: RevocationReads;
  readonly users: Users;
  readonly skew: ClockSkew;
  readonly followers: Pick<Followers, 'start' | 'holds' | 'isUnchanged' | 'reportStrictRead'>;
  readonly lastUse: Pick<LastUse, 'touch'>;
}

export interface AuthenticateInput {
  /** The access token as the client sent it. */
  readonly token: string;
}

/**
 * Returns the principal that an access token belongs to. Verifies the token. If this server follows, and nothing has
 * changed since the token was checked, recalls the principal. Otherwise reads `revoked_tokens`, and only then loads the
 * user. Rejects with AuthError `invalid_token`, `token_revoked`, `user_tokens_revoked`, `store_unavailable`.
 */
export async function authenticate(
  deps: AuthenticateDeps,
  { token }: AuthenticateInput,
): Promise<Principal> {
  const { accessTokens, skew, lastUse, followers } = deps;
  followers.start();
  const accessToken = accessTokens.verify(token);
  await skew.assertBearable(); // throws 503 if the clock is wrong, because a valid token could seem expired (401)
  accessTokens.assertCurrent(accessToken);
  const learned = await learn(deps, accessToken);
  if (learned?.kind !== undefined) throw revoked(learned.kind);
  const principal = learned?.principal ?? (await checkStrictly(deps, accessToken));
  lastUse.touch(accessToken.sessionId, accessToken.counter);
  return principal;
}

async function checkStrictly(
  { revocations, users }: AuthenticateDeps,
  token: AccessToken,
): Promise<Principal> {
  const kind = await revocations.check(token);
  if (kind !== undefined) throw revoked(kind);
  const user = await users.find(token.userId);
  if (user === undefined) throw new AuthError('invalid_token', 'The user of the token is gone');
  if (user.disabled) throw new AuthError('invalid_token', 'The user of the token is disabled');
  return { user, sessionId: token.sessionId };
}

function revoked(kind: RevocationKind): AuthError {
  return kind === 'user' || kind === 'deployment'
    ? new AuthError('user_tokens_revoked', `All tokens of the ${kind} were revoked`)
    : new AuthError('token_revoked', `The ${kind} was revoked`);
}
