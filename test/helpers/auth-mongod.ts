import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { ownMongod } from './mongod.ts';
import { emptyFolder } from './processes.ts';
import type { Scope } from './scope.ts';

/** A mongod that asks for a user and a password. */
export interface AuthMongod {
  /** A client that may do everything. */
  readonly root: MongoClient;
  /** Returns the URI of the database `rescind` for this user. */
  uriFor(user: string, password: string): string;
}

/** Starts a mongod of the test's own with `--auth`, and creates an administrator. */
export async function authMongod(t: Scope): Promise<AuthMongod> {
  // A set whose members ask for users needs a key file, even of one member.
  const keyFile = join(emptyFolder(t), 'key');
  writeFileSync(keyFile, 'aKeyOfATestAndOfNothingElse', { mode: 0o600 });
  const { uri } = await ownMongod(t, { args: ['--auth', '--keyFile', keyFile] });
  // MongoDB lets a client on its own machine create the first user.
  const client = new MongoClient(uri);
  await client.db('admin').command({ createUser: 'root', pwd: 'root', roles: ['root'] });
  await client.close();

  function uriFor(user: string, password: string): string {
    const own = new ConnectionString(uri);
    own.username = user;
    own.password = password;
    own.searchParams.set('authSource', 'admin');
    return own.href;
  }

  const root = new MongoClient(uriFor('root', 'root'));
  t.teardown(() => root.close());
  return { root, uriFor };
}
