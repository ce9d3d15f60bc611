/** Commands that no answer follows, on the client of an application, which has no socket timeout. */
import test from 'ava';
import { MongoClient } from 'mongodb';
import { migratedDatabase } from '../../../helpers/database.ts';
import { forwardAll, type OpenRelay } from '../../../helpers/proxy/connection.ts';
import { tcpProxy } from '../../../helpers/proxy/tcp-proxy.ts';
import type { Scope } from '../../../helpers/scope.ts';
import { LONG, openFollower, revokeSession, SHORT, startFollower, until } from './open-follower.ts';

/** Connects through a proxy that swallows the next `count` commands with a certain text after `swallow`. */
async function swallowingClient(t: Scope) {
  const { db } = await migratedDatabase(t);
  let wanted = '';
  let left = 0;
  const relay: OpenRelay = (client, server) => {
    const { fromClient, fromServer } = forwardAll(client, server);
    const isSwallowed = (piece: Buffer) => left > 0 && piece.includes(wanted) && left-- > 0;
    return {
      fromServer,
      fromClient: (piece) => (isSwallowed(piece) ? undefined : fromClient(piece)),
    };
  };
  const { host } = new URL(process.env['TEST_MONGODB_URI'] ?? '');
  const proxy = await tcpProxy(t, { target: () => Number(host.split(':')[1]), relay });
  const uri = `mongodb://127.0.0.1:${proxy.port}/${db.databaseName}?directConnection=true`;
  const client = await new MongoClient(uri, { maxPoolSize: 5 }).connect();
  t.teardown(() => client.close());
  return {
    db: client.db(),
    left: () => left,
    swallow(text: string, count: number): void {
      wanted = text;
      left = count;
    },
  };
}

const BEFORE: Readonly<Record<string, string>> = {
  'the read of the schema': 'schema',
  'the probe, which is the first read of the followers': 'followers',
  'the list of the followers': 'began.mono',
  'the command that opens the feed': '$changeStream',
};

for (const [command, text] of Object.entries(BEFORE)) {
  test(`a follower registers although nothing answers ${command}`, async (t) => {
    const { db, swallow, left } = await swallowingClient(t);
    const { follower } = openFollower(t, db, { lease: LONG });
    swallow(text, 1);
    follower.start();
    await until('A lease', follower.holds);
    t.is(left(), 0);
  });
}

test('renewals that are given up leave no connection of the pool taken', async (t) => {
  const { db, swallow, left } = await swallowingClient(t);
  const { follower } = await startFollower(t, db, { lease: SHORT });
  swallow('$inc', 5);
  await until('The swallowed renewals', () => left() === 0);
  await until('The end of the lease', () => !follower.holds());
  await until('A lease', follower.holds);
  t.pass();
});

test('reads of the followers that are given up leave no connection of the pool taken', async (t) => {
  const { db, swallow, left } = await swallowingClient(t);
  const { follower } = await startFollower(t, db);
  const revoked = await revokeSession(db);
  swallow('began.mono', 5);
  t.like(await follower.settle(revoked, 600_000), { followers: 1, reached: 1 });
  t.is(left(), 0);
});
