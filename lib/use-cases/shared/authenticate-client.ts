import { AuthError } from '../../errors.ts';
import type { Client, Clients } from '../../store/accounts/clients.ts';
import type { RevocationReads } from '../../store/revocations/reads.ts';
import { isClientSecret, matchesClientSecret } from '../../tokens/client-secrets.ts';

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AuthenticateClientDeps {
  readonly clients: Pick<Clients, 'find'>;
  readonly revocations: Pick<RevocationReads, 'isClientRevoked'>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Returns the client that the credentials belong to. Throws for malformed credentials before it reads from the
 * database. Each call reads whether the client is revoked. Rejects with AuthError `invalid_client`,
 * `store_unavailable`.
 */
export function authenticateClient(
  deps: AuthenticateClientDeps,
  credentials: ClientCredentials,
): Promise<Client> {
  const { clientId, clientSecret }: Partial<ClientCredentials> = credentials ?? {};
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') {
    throw invalidClient('its credentials are not strings');
  }
  if (!UUID.test(clientId)) throw invalidClient('its id is malformed');
  if (!isClientSecret(clientSecret)) throw invalidClient('its secret is malformed');
  return findClient(deps, clientId, clientSecret);
}

async function findClient(
  { clients, revocations }: AuthenticateClientDeps,
  clientId: string,
  clientSecret: string,
): Promise<Client> {
  const [client, isRevoked] = await Promise.all([
    clients.find(clientId),
    revocations.isClientRevoked(clientId),
  ]);
  if (client === undefined || isRevoked) throw invalidClient('there is no such client');
  if (!matchesClientSecret(client.secretHash, clientSecret)) throw invalidClient('wrong secret');
  return client;
}

function invalidClient(reason: string): AuthError {
  return new AuthError('invalid_client', `The client was refused: ${reason}`);
}
