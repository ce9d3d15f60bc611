import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import type { User } from '../store/users.ts';
import type { Claims } from '../tokens/claims.ts';
import type { AccessToken } from '../tokens/verifier.ts';
import type { AuthenticateParts } from './authenticate.ts';
import {
  type AuthenticateClientParts,
  type ClientCredentials,
  createAuthenticateClient,
} from './authenticate-client.ts';

export interface IntrospectParts extends AuthenticateParts, AuthenticateClientParts {}

export interface IntrospectInput {
  /** Of the client that asks. */
  readonly credentials: ClientCredentials;
  /** The token as the client was given it. */
  readonly token: string;
}

/** A token that would be accepted now, and whom it speaks for. */
export interface ActiveToken {
  readonly claims: Claims;
  readonly user: User;
}

/** Undefined for a token that is not active. */
export type Introspect = UseCase<IntrospectInput, ActiveToken | undefined>;

/**
 * Tells a registered client whether an access token is active (RFC 7662): whether `authenticate` would
 * accept it now. A refresh token never is: it is for this server alone, and a service that was sent one
 * must not take it for a proof of anything. AuthError `invalid_client`, `store_unavailable`.
 */
export function createIntrospect(parts: IntrospectParts): Introspect {
  const authenticateClient = createAuthenticateClient(parts);
  const findActive = createFindActive(parts);

  return async function introspect({ credentials, token }) {
    const client = authenticateClient(credentials);
    const found = findActive(token); // The client and the token are looked up at the same time, …
    found.catch(() => undefined);
    await client; // … and what is wrong with the client is told first.
    const active = await found;
    if (active !== undefined) parts.lastUse.note(active.claims.sid, active.claims.counter);
    return active;
  };
}

/** The steps of `authenticate`, but that the user is loaded beside the check: a service waits for both. */
function createFindActive(parts: IntrospectParts) {
  const { accessTokens, revocations, users } = parts;
  const verifyCurrent = createVerifyCurrent(parts);

  return async function findActive(token: string): Promise<ActiveToken | undefined> {
    const accessToken = await verifyCurrent(token);
    if (accessToken === undefined) return undefined;
    const [kind, user] = await Promise.all([
      revocations.check(accessToken),
      users.find(accessToken.userId),
    ]);
    if (kind !== undefined || user === undefined || user.disabled) return undefined;
    return { claims: accessTokens.read(token), user };
  };
}

/** What the token says, if it is one of ours and the clock has nothing against it. */
function createVerifyCurrent({ accessTokens, skew }: IntrospectParts) {
  return async function verifyCurrent(token: string): Promise<AccessToken | undefined> {
    try {
      const accessToken = accessTokens.verify(token);
      await skew.assertBearable();
      accessTokens.assertCurrent(accessToken);
      return accessToken;
    } catch (error) {
      if (error instanceof AuthError && error.code === 'invalid_token') return undefined;
      throw error;
    }
  };
}
