import { AuthError } from '../errors.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';
import type { Claims } from '../tokens/access/claims.ts';
import type { AccessToken } from '../tokens/access/verifier.ts';
import { matchesClientSecret } from '../tokens/client-secrets.ts';
import type { User } from '../user.ts';
import type { AuthenticateDeps } from './authenticate.ts';
import { type RecallDeps, recall } from './recall.ts';
import { authenticateClient, type ClientCredentials } from './shared/authenticate-client.ts';
import {
  findKnownClient,
  type KnownClientDeps,
  type RecallClientDeps,
  recallClient,
} from './shared/known-client.ts';
import { learn } from './shared/known-token.ts';

export interface IntrospectDeps extends AuthenticateDeps {
  readonly clients: KnownClientDeps['clients'];
  readonly knownClients: KnownClientDeps['knownClients'];
}

export interface IntrospectInput {
  /** The credentials of the requesting client. */
  readonly credentials: ClientCredentials;
  /** The token as the client received it. */
  readonly token: string;
}

/** A token that would be accepted now, with its user. */
export interface ActiveToken {
  readonly claims: Claims;
  readonly user: User;
}

/**
 * Introspects an access token for a registered client (RFC 7662). Resolves with the token's claims and user if
 * `authenticate` would accept the token now, otherwise with undefined. A refresh token is never active, since it is
 * meant for this server alone. Rejects with AuthError `invalid_client`, `store_unavailable`.
 */
export async function introspect(
  deps: IntrospectDeps,
  { credentials, token }: IntrospectInput,
): Promise<ActiveToken | undefined> {
  const client = authenticateClient((id) => findKnownClient(deps, id), credentials);
  const found = findActive(deps, token); // runs beside the authentication of the client
  found.catch(() => undefined);
  await client; // a fault of the client is reported before any fault of the token
  const active = await found;
  if (active !== undefined) deps.lastUse.touch(active.claims.sid, active.claims.counter);
  return active;
}

export interface RecallActiveDeps extends RecallDeps, RecallClientDeps {
  readonly accessTokens: Pick<AccessTokens, 'recall' | 'isCurrent' | 'read'>;
}

/**
 * Introspects from memory: returns what `introspect` would, if this server knows the client and the token for certain
 * without reading. Returns undefined for everything else, about which `introspect` decides. Never throws, and never reads.
 */
export function recallActive(
  deps: RecallActiveDeps,
  input: Partial<IntrospectInput> | undefined,
): ActiveToken | undefined {
  const { clientId, clientSecret }: Partial<ClientCredentials> = input?.credentials ?? {};
  const token = input?.token;
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') return undefined;
  if (typeof token !== 'string') return undefined;
  const client = recallClient(deps, clientId);
  if (client === undefined || !matchesClientSecret(client.secretHash, clientSecret))
    return undefined;
  const principal = recall(deps, token);
  return principal && { claims: deps.accessTokens.read(token), user: principal.user };
}

/** Takes the steps of `authenticate`, but loads the user during the check of revocations, to save time. */
async function findActive(deps: IntrospectDeps, token: string): Promise<ActiveToken | undefined> {
  const { accessTokens, revocations, users, followers } = deps;
  followers.start();
  const accessToken = await verifyCurrent(deps, token);
  if (accessToken === undefined) return undefined;
  const learned = await learn(deps, accessToken);
  if (learned?.kind !== undefined) return undefined;
  if (learned !== undefined) {
    return { claims: accessTokens.read(token), user: learned.principal.user };
  }
  const [kind, user] = await Promise.all([
    revocations.check(accessToken),
    users.find(accessToken.userId),
  ]);
  if (kind !== undefined || user === undefined || user.disabled) return undefined;
  return { claims: accessTokens.read(token), user };
}

/** Verifies the signature and the times. Returns undefined if the token is foreign, expired or from the future. */
async function verifyCurrent(
  { accessTokens, skew }: IntrospectDeps,
  token: string,
): Promise<AccessToken | undefined> {
  try {
    const accessToken = accessTokens.verify(token);
    await skew.assertBearable();
    accessTokens.assertCurrent(accessToken);
    return accessToken;
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid_token') return undefined;
    throw error;
  }
}
