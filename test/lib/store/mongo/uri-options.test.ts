import { randomBytes, randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { type Document, MongoClient } from 'mongodb';
import { createUsers } from '../../../../lib/store/accounts/users.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import { DURABLE } from '../../../../lib/store/mongo/database.ts';
import { createSessions } from '../../../../lib/store/sessions/sessions.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

const WEAK =
  'readPreference=secondaryPreferred&w=0&journal=false&readConcernLevel=majority&retryWrites=false';
const WRITE_CONCERN = { w: 'majority', j: true, wtimeout: DURABLE.wtimeoutMS };

/** The store over a client with these options, and the commands that it sends. */
async function observed(t: ExecutionContext, options: string) {
  const { uri } = await migratedDatabase(t);
  const client = new MongoClient(`${uri}&${options}`, { monitorCommands: true });
  t.teardown(() => client.close());
  const commands: Document[] = [];
  client.on('commandStarted', ({ command }) => commands.push(command));
  return { collections: openCollections(client.db()), commands };
}

test('no option of the URI weakens what revocations read and write', async (t) => {
  const { collections, commands } = await observed(t, WEAK);
  const revocations = revocationsOn(collections);
  const token = {
    hash: randomBytes(32).toString('base64'),
    sessionId: randomUUID(),
    kid: 'kid',
    userId: randomUUID(),
  };
  const expiresAt = Date.now() + 15 * MINUTE;
  t.is(await revocations.check({ ...token, stamp: 0 }), 'deployment');
  await revocations.revokeTokenAndSession({
    ...token,
    expiresAt,
    reason: 'logout',
    revokedBy: 'test',
  });
  await revocations.revokeUser({ ...token, reason: 'test', revokedBy: token.userId });
  t.is(await revocations.check({ ...token, stamp: 0 }), 'token');

  assertStrict(t, commands);
  const writes = commands.filter(isWrite);
  t.deepEqual(
    writes.map((command) => command['findAndModify'] ?? command['update']),
    ['revoked_tokens', 'revoked_tokens'],
  );
});

test('no option of the URI weakens what users and sessions read and write', async (t) => {
  const { collections, commands } = await observed(t, WEAK);
  const users = createUsers(collections);
  const [email, passwordHash] = ['ann@example.com', 'hash'];
  const { id } = await users.create({ email, passwordHash, name: 'A', companyId: 'c', roles: [] });
  t.is((await users.findAccount(email))?.id, id);
  t.is((await users.find(id))?.email, email);
  t.is((await users.readWithTime(id))?.account.passwordHash, passwordHash);
  t.true(await users.replaceHash(id, passwordHash, 'new'));
  const [stamp, now] = [Date.now(), new Date()];
  const session = {
    id: randomUUID(),
    userId: id,
    stamp,
    authTime: now,
    expiresAt: now,
    endsAt: now,
  };
  await createSessions(collections).insert({ ...session, ip: '::1', userAgent: undefined });

  assertStrict(t, commands);
  t.is(commands.filter(isWrite).length, 3);
});

/** Asserts that commands read from the primary, and write to the disks of a majority. */
function assertStrict(t: ExecutionContext, commands: readonly Document[]) {
  for (const command of commands) {
    if ('find' in command || 'aggregate' in command) {
      t.deepEqual({ ...command['readConcern'] }, { level: 'local' });
      t.is(command['$readPreference']?.mode ?? 'primary', 'primary');
      t.is(command['maxTimeMS'], 2_000);
    } else if (isWrite(command)) {
      t.deepEqual({ ...command['writeConcern'] }, WRITE_CONCERN);
    } else {
      const [name = ''] = Object.keys(command);
      t.true(['hello', 'endSessions', 'listIndexes'].includes(name), name);
    }
  }
}

function isWrite(command: Document): boolean {
  return ['insert', 'update', 'findAndModify'].some((name) => name in command);
}
