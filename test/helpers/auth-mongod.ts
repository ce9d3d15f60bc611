import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { type OwnMongod, type OwnMongodOptions, ownMongod } from './mongod.ts';
import { emptyFolder } from './processes.ts';
import type { Scope } from './scope.ts';

export type AuthMongod = Awaited<ReturnType<typeof authMongod>>;

/** Starts a mongod of the test's own with `--auth`, by default without a proxy, and creates an administrator. */
export async function authMongod(
  scope: Scope,
  start: (scope: Scope, options: OwnMongodOptions) => Promise<Pick<OwnMongod, 'uri'>> = ownMongod,
) {
  // A set with access control needs a key file, even with one member.
  const keyFile = join(emptyFolder(scope), 'key');
  writeFileSync(keyFile, 'aKeyOfATestAndOfNothingElse', { mode: 0o600 });
  const { uri } = await start(scope, { args: ['--auth', '--keyFile', keyFile] });
  // MongoDB lets a client on its own machine create the first user.
  const client = new MongoClient(uri);
  await client.db('admin').command({ createUser: 'root', pwd: 'root', roles: ['root'] });
  await client.close();

  /** Returns the URI of the database `rescind` for this user. */
  function uriFor(user: string, password: string): string {
    const own = new ConnectionString(uri);
    own.username = user;
    own.password = password;
    own.searchParams.set('authSource', 'admin');
    return own.href;
  }

  const root = new MongoClient(uriFor('root', 'root'));
  scope.teardown(() => root.close());
  return { root, uriFor };
}
