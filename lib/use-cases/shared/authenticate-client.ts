import { AuthError } from '../../errors.ts';
import type { Client, ClientAccount, Clients } from '../../store/accounts/clients.ts';
import type { RevocationReads } from '../../store/revocations/reads.ts';
import { isClientSecret, matchesClientSecret } from '../../tokens/client-secrets.ts';

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface FindClientDeps {
  readonly clients: Pick<Clients, 'find'>;
  readonly revocations: Pick<RevocationReads, 'isClientRevoked'>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the client of an id, unless it is revoked. */
export type FindClient = (id: string) => Promise<ClientAccount | undefined>;

/**
 * Returns the client that the credentials belong to. Throws for malformed credentials before it calls `find`. Rejects
 * with AuthError `invalid_client`, `store_unavailable`.
 */
export function authenticateClient(
  find: FindClient,
  credentials: ClientCredentials,
): Promise<Client> {
  const { clientId, clientSecret }: Partial<ClientCredentials> = credentials ?? {};
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') {
    throw invalidClient('its credentials are not strings');
  }
  if (!UUID.test(clientId)) throw invalidClient('its id is malformed');
  if (!isClientSecret(clientSecret)) throw invalidClient('its secret is malformed');
  return compareSecret(find(clientId), clientSecret);
}

/** Returns a client by a read that tells whether it is revoked; undefined if it is, or if there is none. */
export async function findClient(
  { clients, revocations }: FindClientDeps,
  id: string,
): Promise<ClientAccount | undefined> {
  const [client, isRevoked] = await Promise.all([
    clients.find(id),
    revocations.isClientRevoked(id),
  ]);
  return isRevoked ? undefined : client;
}

async function compareSecret(found: ReturnType<FindClient>, secret: string): Promise<Client> {
  const client = await found;
  if (client === undefined) throw invalidClient('there is no such client');
  if (!matchesClientSecret(client.secretHash, secret)) throw invalidClient('wrong secret');
  return client;
}

function invalidClient(reason: string): AuthError {
  return new AuthError('invalid_client', `The client was refused: ${reason}`);
}
