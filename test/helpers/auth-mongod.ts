import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { guard } from '../../scripts/dev/guard.ts';
import { findMongod } from '../../scripts/dev/mongod/find.ts';
import { endChild, spawnChild } from '../../scripts/dev/processes.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { ownMongod } from './own-mongod.ts';
import type { Scope } from './scope.ts';

/** A mongod that asks for a user and a password. */
export interface AuthMongod {
  /** Of a client that may do everything. */
  readonly root: MongoClient;
  /** The URI of the database `rescind` for this user. */
  uriOf(user: string, password: string): string;
}

const ROOT = { user: 'root', pwd: 'root' };

/** Starts a mongod of the test's own, makes an administrator and starts it again with `--auth`. */
export async function authMongod(t: Scope): Promise<AuthMongod> {
  const open = await ownMongod(t);
  const first = new MongoClient(open.uri);
  await first.db('admin').command({ createUser: ROOT.user, pwd: ROOT.pwd, roles: ['root'] });
  await first.close();
  await open.kill();
  const { port } = new URL(open.uri.replace('mongodb', 'http'));
  await startAgain(t, open.dataFolder, port);
  const uriOf = (user: string, password: string) => {
    const uri = new ConnectionString(open.uri);
    uri.username = user;
    uri.password = password;
    uri.searchParams.set('authSource', 'admin');
    return uri.href;
  };
  const root = new MongoClient(uriOf(ROOT.user, ROOT.pwd));
  t.teardown(() => root.close());
  while (!(await root.db('admin').command({ hello: 1 }))['isWritablePrimary']) await pause(50);
  return { root, uriOf };
}

/** A set whose members ask for users needs a key file, even of one member. */
async function startAgain(t: Scope, folder: string, port: string): Promise<void> {
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, 'aKeyOfATestAndOfNothingElse');
  chmodSync(keyFile, 0o600);
  const address = ['--bind_ip', '127.0.0.1', '--port', port, '--nounixsocket'];
  const data = ['--dbpath', folder, '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'];
  const args = ['--replSet', 'rs0', ...address, ...data, '--auth', '--keyFile', keyFile];
  const binary = await findMongod(process.env, silentReport);
  const child = spawnChild(binary, args, { detached: true, stdio: 'ignore' });
  guard(child);
  t.teardown(() => endChild(child, 1_000));
}
