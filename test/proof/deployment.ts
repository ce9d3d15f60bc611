import { connect } from '../../lib/store/database.ts';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { ageDeployment, migrateNow } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { type Library, openLibrary } from './library.ts';
import { ready, type ServerUnderFire, startServer } from './server-pair.ts';

export interface DeploymentOptions {
  /** The database, as nobody harms the way to it. */
  readonly uri: string;
  /** The database as each of the two servers reaches it. Default: the same way. */
  readonly serverUris?: readonly [string, string];
  /** More of the servers' environment. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Deployment {
  readonly secret: string;
  readonly library: Library;
  readonly servers: readonly [ServerUnderFire, ServerUnderFire];
}

/** A migrated database, and two servers on it that are ready. All of it ends with its owner. */
export async function openDeployment(
  owner: Scope,
  { uri, serverUris = [uri, uri], settings = {} }: DeploymentOptions,
): Promise<Deployment> {
  const secret = generateSecret();
  const library = await prepare(owner, uri, secret);
  const environment = { JWT_SECRET_KEY: secret, ...settings };
  const [one, two] = serverUris;
  const servers = [
    await startServer(owner, 'A', { ...environment, MONGODB_URI: one }),
    await startServer(owner, 'B', { ...environment, MONGODB_URI: two }),
  ] as const;
  await ready(servers);
  return { secret, library, servers };
}

/** Migrates the database, and opens a library on it. */
export async function prepare(owner: Scope, uri: string, secret: string): Promise<Library> {
  const { db, close } = connect(uri, { deadline: MINUTE });
  await migrateNow(db).finally(close);
  const library = await openLibrary(owner, uri, secret);
  await ageDeployment(library.collections);
  return library;
}
