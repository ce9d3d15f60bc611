import { createClients } from '../../lib/store/accounts/clients.ts';
import type { Collections } from '../../lib/store/mongo/collections.ts';
import { generateClientSecret, hashClientSecret } from '../../lib/tokens/client-secrets.ts';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import { type Answer, send } from './server.ts';

/** Registers a client, as `rescind client:create` does. */
export async function addClient(collections: Collections): Promise<ClientCredentials> {
  const clientSecret = generateClientSecret();
  const secretHash = hashClientSecret(clientSecret);
  const { id } = await createClients(collections).create({ name: 'Test client', secretHash });
  return { clientId: id, clientSecret };
}

/** Returns the header of `client_secret_basic`. */
export function basic({ clientId, clientSecret }: ClientCredentials) {
  const encoded = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  return { authorization: `Basic ${encoded}` };
}

/** Sends a form by POST: parameters, or a raw body. */
export function postForm(
  url: string,
  form: Record<string, string> | string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isRaw = typeof form === 'string' || Buffer.isBuffer(form);
  return send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: isRaw ? form : new URLSearchParams(form),
  });
}

/** Introspects a token as a client. */
export function introspect(url: string, client: ClientCredentials, token: string): Promise<Answer> {
  return postForm(`${url}/oauth/introspect`, { token }, basic(client));
}

/** Revokes a token as a client. */
export function revoke(url: string, client: ClientCredentials, token: string): Promise<Answer> {
  return postForm(`${url}/oauth/revoke`, { token }, basic(client));
}
