import { randomBytes, randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { sessionEntry, toId, tokenEntry } from '../../../../lib/store/revocations/entry-ids.ts';
import type { Revocations } from '../../../../lib/store/revocations/revocations.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { failingClient, tooSlow, writeFaults } from '../../../helpers/failpoint.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';
import { interceptWrites } from './intercept-writes.ts';

const TOKEN = {
  hash: randomBytes(32).toString('base64'),
  sessionId: randomUUID(),
  kid: 'kid',
  userId: randomUUID(),
  expiresAt: Date.now() + 15 * MINUTE,
  reason: 'logout',
  revokedBy: 'test',
};
const USER = { userId: TOKEN.userId, reason: 'test', revokedBy: TOKEN.userId };

const WRITES: Readonly<Record<string, (revocations: Revocations) => Promise<unknown>>> = {
  revokeTokenAndSession: ({ revokeTokenAndSession }) => revokeTokenAndSession(TOKEN),
  revokeUser: ({ revokeUser }) => revokeUser(USER),
  revokeEveryone: ({ revokeEveryone }) => revokeEveryone(USER),
  revokeSessions: ({ revokeSessions }) => revokeSessions([TOKEN]),
  revokeClient: ({ revokeClient }) => revokeClient({ ...USER, clientId: TOKEN.sessionId }),
  revokeKey: ({ revokeKey }) => revokeKey({ ...USER, kid: 'kid' }),
};

/** The number of entries that each leaves; one by default. */
const NEW_ENTRIES: Readonly<Record<string, number>> = {
  revokeTokenAndSession: 2,
  revokeEveryone: 0,
};

const WRITE_COMMANDS = ['update', 'findAndModify'];

async function setUp(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const { under, collections: failing } = failingClient(t, uri);
  return { under, revocations: revocationsOn(failing), revokedTokens: collections.revokedTokens };
}

// Serial, because a mongod has one failCommand for all.
for (const [name, write] of Object.entries(WRITES)) {
  for (const [what, fault] of Object.entries(writeFaults(WRITE_COMMANDS))) {
    test.serial(`${name} rejects after ${what}, and repeated it succeeds`, async (t) => {
      const { under, revocations } = await setUp(t);
      await under(fault, async () => {
        const error = await t.throwsAsync(write(revocations), { instanceOf: StoreUnavailable });
        t.truthy(error?.cause);
      });
      await t.notThrowsAsync(write(revocations));
    });
  }
}

test.serial('a write that was not acknowledged may have happened, and is then seen', async (t) => {
  const { under, revocations, revokedTokens } = await setUp(t);
  await under(tooSlow(WRITE_COMMANDS), () =>
    t.throwsAsync(revocations.revokeTokenAndSession(TOKEN), { instanceOf: StoreUnavailable }),
  );
  t.is(await revocations.check({ ...TOKEN, stamp: Date.now() }), 'token');
  const ids = [tokenEntry(TOKEN.hash), sessionEntry(TOKEN.sessionId)].map(toId);
  t.is(await revokedTokens.countDocuments({ _id: { $in: ids } }), 2);
});

test.serial('check and cutoffs reject when the read fails', async (t) => {
  const { under, revocations } = await setUp(t);
  const check = () => revocations.check({ ...TOKEN, stamp: Date.now() });
  for (const ask of [check, () => revocations.cutoffs(TOKEN.userId)]) {
    await under({ mode: { times: 2 }, failCommands: ['find'], closeConnection: true }, () =>
      t.throwsAsync(ask, { instanceOf: StoreUnavailable }),
    );
  }
});

for (const [name, write] of Object.entries(WRITES)) {
  test(`${name} survives an E11000: another upsert of the same key was faster`, async (t) => {
    const { collections } = await migratedDatabase(t);
    let writes = 0;
    const revokedTokens = interceptWrites(collections.revokedTokens, (again) => {
      writes++;
      return writes === 1 ? insertTwice(collections) : again();
    });
    await t.notThrowsAsync(write(revocationsOn({ ...collections, revokedTokens })));
    t.is(writes, 2);
    t.is(await collections.revokedTokens.countDocuments(), 1 + (NEW_ENTRIES[name] ?? 1));
  });
}

/** Fails with the E11000 of a real mongod, which a failpoint cannot make. */
async function insertTwice({ revokedTokens }: Collections) {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  if (sentinel === null) throw new Error('There is no sentinel');
  return revokedTokens.bulkWrite([{ insertOne: { document: sentinel } }]);
}
