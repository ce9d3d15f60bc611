import type { Caller } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Client } from '../store/accounts/clients.ts';
import type { Users } from '../store/accounts/users.ts';
import type { Audit } from '../store/records/audit.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';
import type { AccessToken } from '../tokens/access/verifier.ts';
import type { RefreshToken, RefreshTokens } from '../tokens/refresh/refresh-tokens.ts';
import { auditedUser } from './shared/audited-user.ts';
import {
  authenticateClient,
  type ClientCredentials,
  type FindClientDeps,
  findClient,
} from './shared/authenticate-client.ts';
import { type EndSessionsDeps, endSessions } from './shared/end-sessions.ts';
import { type SettleDeps, settle } from './shared/settle.ts';

export interface RevokeTokenDeps extends EndSessionsDeps, SettleDeps {
  readonly clients: FindClientDeps['clients'];
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly refreshTokens: Pick<RefreshTokens, 'verify'>;
  readonly users: Pick<Users, 'find'>;
  readonly lastUse: Pick<LastUse, 'touch'>;
  readonly audit: Audit;
}

export interface RevokeTokenInput {
  /** The credentials of the requesting client. */
  readonly credentials: ClientCredentials;
  /** An access token or a refresh token, as the client received it. */
  readonly token: string;
}

/**
 * Revokes a token for a registered client (RFC 7009). An access token is revoked alone, even if it has expired. A
 * refresh token is revoked with its session and all its access tokens. Also resolves for tokens of a revoked key, and
 * for foreign tokens, of which it revokes nothing: a server with another key, issuer or audience may accept them.
 * Rejects with AuthError `invalid_client`, `store_unavailable`.
 */
export async function revokeToken(
  deps: RevokeTokenDeps,
  { credentials, token }: RevokeTokenInput,
  caller: Caller,
): Promise<void> {
  const client = await authenticateClient((id) => findClient(deps, id), credentials);
  const accessToken = unlessForeign(() => deps.accessTokens.verify(token));
  const refreshToken = unlessForeign(() => deps.refreshTokens.verify(token));
  const kid = accessToken?.kid ?? refreshToken?.kid;
  if (kid === undefined) return;
  if (await deps.revocations.isKeyRevoked(kid)) {
    // Revokes the key again, because the earlier write may not have reached a majority.
    const revoked = await deps.revocations.revokeKey({ kid, ...causeFor(client) });
    await deps.followers.settle(revoked);
    return;
  }
  if (accessToken !== undefined) await revokeAccessToken(deps, accessToken, client, caller);
  if (refreshToken !== undefined) await revokeRefreshToken(deps, refreshToken, client, caller);
}

const FOREIGN: ReadonlySet<string> = new Set(['invalid_token', 'refresh_token_malformed']);

/** Returns the verified token; undefined for a foreign token, or for a token of the other kind. */
function unlessForeign<Token>(verify: () => Token): Token | undefined {
  try {
    return verify();
  } catch (error) {
    if (error instanceof AuthError && FOREIGN.has(error.code)) return undefined;
    throw error;
  }
}

async function revokeAccessToken(
  deps: RevokeTokenDeps,
  token: AccessToken,
  client: Client,
  caller: Caller,
): Promise<void> {
  const { userId, sessionId } = token;
  deps.lastUse.touch(sessionId, token.counter); // the request proves that this token was received
  const revoked = await deps.revocations.revokeToken({ ...token, ...causeFor(client) });
  const recorded = record(deps, { type: 'access_token', userId, sessionId }, client, caller);
  await settle(deps, revoked, recorded);
}

/** Revokes the session even without its document, because the MAC of the token proves that the session existed. */
async function revokeRefreshToken(
  deps: RevokeTokenDeps,
  { sessionId }: RefreshToken,
  client: Client,
  caller: Caller,
): Promise<void> {
  const session = await deps.sessions.find(sessionId).catch(() => undefined);
  const userId = session?.userId;
  const revoked = await endSessions(deps, [{ id: sessionId, userId }], causeFor(client));
  const recorded = record(deps, { type: 'refresh_token', userId, sessionId }, client, caller);
  await settle(deps, revoked, recorded);
}

function causeFor({ id }: Client) {
  return { reason: 'client_requested', revokedBy: id };
}

interface Revoked {
  readonly type: 'access_token' | 'refresh_token';
  readonly userId: string | undefined;
  readonly sessionId: string;
}

async function record(
  { users, audit }: RevokeTokenDeps,
  { type, userId, sessionId }: Revoked,
  client: Client,
  caller: Caller,
): Promise<void> {
  const user = userId === undefined ? undefined : await auditedUser(users, userId);
  const details = { client_name: client.name, token_type: type, session_id: sessionId };
  const action = 'token_revoked_by_client';
  await audit.record({ action, user, details }, { ...caller, actor: client.id });
}
