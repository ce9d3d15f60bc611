import type { Caller } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import type { Audit } from '../store/audit.ts';
import type { Client } from '../store/clients.ts';
import type { LastUse } from '../store/last-use.ts';
import type { Users } from '../store/users.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';
import type { RefreshToken, RefreshTokens } from '../tokens/refresh-tokens.ts';
import type { AccessToken } from '../tokens/verifier.ts';
import { auditedUser } from './audited-user.ts';
import {
  type AuthenticateClientParts,
  type ClientCredentials,
  createAuthenticateClient,
} from './authenticate-client.ts';
import { createEndSessions, type EndSessionsParts } from './end-sessions.ts';

export interface RevokeTokenParts extends EndSessionsParts {
  readonly clients: AuthenticateClientParts['clients'];
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly refreshTokens: Pick<RefreshTokens, 'verify'>;
  readonly users: Pick<Users, 'find'>;
  readonly lastUse: Pick<LastUse, 'note'>;
  readonly audit: Audit;
}

export interface RevokeTokenInput {
  /** Of the client that asks. */
  readonly credentials: ClientCredentials;
  /** An access token or a refresh token, as the client was given it. */
  readonly token: string;
}

export type RevokeToken = UseCase<RevokeTokenInput, void>;

/**
 * Revokes a token for a registered client (RFC 7009): of an access token that token only, expired or not;
 * of a refresh token its session, with every access token of it. What is no token of ours needs no
 * revocation, and a token of a revoked key can order none: both end without a write and without an error.
 * AuthError `invalid_client`, `store_unavailable`.
 */
export function createRevokeToken(parts: RevokeTokenParts): RevokeToken {
  const authenticateClient = createAuthenticateClient(parts);
  const { accessTokens, refreshTokens, revocations } = parts;
  const revokeAccessToken = createRevokeAccessToken(parts);
  const revokeRefreshToken = createRevokeRefreshToken(parts);

  return async function revokeToken({ credentials, token }, caller) {
    const client = await authenticateClient(credentials);
    const accessToken = unlessForeign(() => accessTokens.verify(token));
    const refreshToken = unlessForeign(() => refreshTokens.verify(token));
    const kid = accessToken?.kid ?? refreshToken?.kid;
    if (kid === undefined) return;
    if (await revocations.isKeyRevoked(kid)) {
      await revocations.revokeKey({ kid, ...causeOf(client) }); // the answer stands for a write of its own
      return;
    }
    if (accessToken !== undefined) await revokeAccessToken(accessToken, client, caller);
    if (refreshToken !== undefined) await revokeRefreshToken(refreshToken, client, caller);
  };
}

const FOREIGN: ReadonlySet<string> = new Set(['invalid_token', 'refresh_token_malformed']);

/** What the token says; undefined where it is not one of ours. Which kind it is, its form tells: no hint is needed. */
function unlessForeign<Token>(verify: () => Token): Token | undefined {
  try {
    return verify();
  } catch (error) {
    if (error instanceof AuthError && FOREIGN.has(error.code)) return undefined;
    throw error;
  }
}

function createRevokeAccessToken(parts: RevokeTokenParts) {
  const record = createRecord(parts);

  return async function revoke(token: AccessToken, client: Client, caller: Caller): Promise<void> {
    const { userId, sessionId } = token;
    parts.lastUse.note(sessionId, token.counter); // whoever has it had the answer it came with
    await parts.revocations.revokeToken({ ...token, ...causeOf(client) });
    await record({ type: 'access_token', userId, sessionId }, client, caller);
  };
}

/** The mac of the token vouches for the session, so it is revoked whether or not a document of it is found. */
function createRevokeRefreshToken(parts: RevokeTokenParts) {
  const endSessions = createEndSessions(parts);
  const record = createRecord(parts);

  return async function revoke(token: RefreshToken, client: Client, caller: Caller): Promise<void> {
    const { sessionId } = token;
    const session = await parts.sessions.find(sessionId).catch(() => undefined);
    const userId = session?.userId;
    await endSessions([{ id: sessionId, userId }], causeOf(client));
    await record({ type: 'refresh_token', userId, sessionId }, client, caller);
  };
}

function causeOf({ id }: Client) {
  return { reason: 'client_requested', revokedBy: id };
}

interface Revoked {
  readonly type: 'access_token' | 'refresh_token';
  readonly userId: string | undefined;
  readonly sessionId: string;
}

function createRecord({ users, audit }: RevokeTokenParts) {
  return async function record(revoked: Revoked, client: Client, caller: Caller): Promise<void> {
    const { type, userId, sessionId } = revoked;
    const user = userId === undefined ? undefined : await auditedUser(users, userId);
    await audit.record(
      {
        action: 'token_revoked_by_client',
        user,
        details: { client_name: client.name, token_type: type, session_id: sessionId },
      },
      { ...caller, actor: client.id },
    );
  };
}
