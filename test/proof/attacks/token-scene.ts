import type { ClientCredentials } from '../../../lib/use-cases/shared/authenticate-client.ts';
import { addClient } from '../../helpers/clients.ts';
import { ageDeployment } from '../../helpers/database.ts';
import { claimsOf } from '../../helpers/forged-tokens.ts';
import { newPair } from '../../helpers/keys.ts';
import type { Scope } from '../../helpers/scope.ts';
import { serve, testServer } from '../../helpers/server.ts';
import { openSession } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import type { Scene } from './attack.ts';

/** Nothing is refused for being too much, too early or too late. */
export const UNLIMITED = {
  LOGIN_FAILURES_PER_ACCOUNT: '999999/1d',
  LOGIN_FAILURES_PER_ADDRESS: '999999/1d',
  LOGIN_FAILURES_ANYWHERE: '999999/1d',
  ACCESS_TOKEN_TTL: '24h',
  REFRESH_GRACE: '1h',
  MAX_SESSIONS: '1000',
  BCRYPT_THREADS: '2',
} as const;

export interface TokenScene extends Scene {
  readonly client: ClientCredentials;
  /** Whom each access token speaks for: nothing else is one. */
  readonly issued: ReadonlyMap<string, string>;
  /** The same of each refresh token. */
  readonly refreshable: ReadonlyMap<string, string>;
}

/** A server that accepts tokens by HS256, RS256 and EdDSA, and a few of each. */
export async function openTokenScene(owner: Scope): Promise<TokenScene> {
  const [rsa, eddsa] = [newPair('RS256'), newPair('EdDSA')];
  const byEddsa = { JWT_PRIVATE_KEY: eddsa.privateKey, JWT_PUBLIC_KEYS: rsa.publicKey };
  const server = await testServer(owner, { ...UNLIMITED, ...byEddsa });
  await ageDeployment(server.collections);
  const shared = { ...UNLIMITED, MONGODB_URI: server.uri, JWT_SECRET_KEY: server.secret };
  const others = [
    await serve(owner, shared),
    await serve(owner, { ...shared, JWT_PRIVATE_KEY: rsa.privateKey }),
  ];
  const users = [await addUser(server.collections), await addUser(server.collections)];
  const issued = new Map<string, string>();
  const refreshable = new Map<string, string>();
  for (const { url } of [server, ...others]) {
    for (const { email } of users) {
      const { access, refresh } = await openSession(url, email);
      const { sub } = claimsOf(access);
      issued.set(access, sub);
      refreshable.set(refresh, sub);
    }
  }
  return {
    server,
    good: [...issued.keys()],
    client: await addClient(server.collections),
    issued,
    refreshable,
  };
}
