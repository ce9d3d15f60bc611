import { AuthError } from '../errors.ts';
import type { Client, Clients } from '../store/clients.ts';
import type { RevocationReads } from '../store/revocation-reads.ts';
import { isClientSecret, isHashOfClientSecret } from '../tokens/client-secrets.ts';

/** What a client sends to prove who it is. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AuthenticateClientParts {
  readonly clients: Pick<Clients, 'find'>;
  readonly revocations: RevocationReads;
}

/** Tells whose credentials these are. What is not even spelled like some is thrown at once, and asks no database. */
export type AuthenticateClient = (credentials: ClientCredentials) => Promise<Client>;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Makes what authenticates registered clients. Whether one has been revoked is asked of the database each
 * time, in the read that the check of the token shares. AuthError `invalid_client`, `store_unavailable`.
 */
export function createAuthenticateClient(parts: AuthenticateClientParts): AuthenticateClient {
  const { clients, revocations } = parts;

  async function prove({ clientId, clientSecret }: ClientCredentials): Promise<Client> {
    const [client, isRevoked] = await Promise.all([
      clients.find(clientId),
      revocations.isClientRevoked(clientId),
    ]);
    if (client === undefined || isRevoked) throw invalidClient('there is no such client');
    if (!isHashOfClientSecret(client.secretHash, clientSecret)) throw invalidClient('wrong secret');
    return client;
  }

  return function authenticateClient(credentials) {
    const { clientId, clientSecret }: Partial<ClientCredentials> = credentials ?? {};
    if (typeof clientId !== 'string' || typeof clientSecret !== 'string') {
      throw invalidClient('its credentials are not strings');
    }
    if (!UUID.test(clientId)) throw invalidClient('its id has another form');
    if (!isClientSecret(clientSecret)) throw invalidClient('its secret has another form');
    return prove(credentials);
  };
}

function invalidClient(why: string): AuthError {
  return new AuthError('invalid_client', `The client was refused: ${why}`);
}
