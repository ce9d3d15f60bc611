import { randomUUID } from 'node:crypto';
import test from 'ava';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { createSchema } from '../../../../lib/store/mongo/schema-document.ts';
import { userEntry } from '../../../../lib/store/revocations/entry-ids.ts';
import { createRevocations } from '../../../../lib/store/revocations/revocations.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { ageDeployment, migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';
import { addSession } from '../add-session.ts';
import { interceptWrites } from './intercept-writes.ts';

const CAUSE = { reason: 'test', revokedBy: 'tester' };

async function deploymentCutoff({ revokedTokens }: Collections): Promise<number> {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  return sentinel?.revoked_before?.getTime() ?? Number.NaN;
}

function setDeploymentCutoff({ revokedTokens }: Collections, cutoff: number) {
  const update = { $set: { revoked_before: new Date(cutoff) } };
  return revokedTokens.updateOne({ _id: SENTINEL }, update);
}

async function addUserCutoff({ revokedTokens }: Collections, cutoff: number): Promise<string> {
  const user_id = randomUUID();
  await revokedTokens.insertOne({
    _id: userEntry(user_id),
    kind: 'user',
    user_id,
    revoked_at: new Date(),
    revoked_before: new Date(cutoff),
    writes: 1,
    fenced_writes: 1,
  });
  return user_id;
}

test('revokeEveryone kills every login in flight: its cutoff is 20 minutes ahead', async (t) => {
  const { collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const { cutoff: answered } = await revocationsOn(collections).revokeEveryone(CAUSE);
  t.is(await deploymentCutoff(collections), answered);
  t.true(Math.abs(answered - Date.now() - 20 * MINUTE) < MINUTE);
  const sentinel = await collections.revokedTokens.findOne({ _id: SENTINEL });
  t.like(sentinel, {
    kind: 'deployment',
    reason: 'test',
    revoked_by: 'tester',
    writes: 2,
    fenced_writes: 2,
  });
  t.is(typeof sentinel?.epoch, 'string');
  t.true(Math.abs(Number(sentinel?.revoked_at) - Date.now()) < MINUTE);
});

test('the cutoff grows with every revokeEveryone, also of many at once, and each is counted', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeEveryone } = revocationsOn(collections);
  const cutoffs: number[] = [];
  for (let time = 0; time < 3; time++) cutoffs.push((await revokeEveryone(CAUSE)).cutoff);
  t.deepEqual(
    cutoffs,
    [...new Set(cutoffs)].sort((a, b) => a - b),
  );
  const answers = (await Promise.all(Array.from({ length: 20 }, () => revokeEveryone(CAUSE)))).map(
    ({ cutoff }) => cutoff,
  );
  t.is(new Set(answers).size, 20, 'two had the same cutoff');
  t.is((await collections.revokedTokens.findOne({ _id: SENTINEL }))?.writes, 24);
});

/** Stamps ahead of the clock, as after a failover to a primary whose clock is behind. */
const AHEAD: Readonly<Record<string, (collections: Collections, at: number) => Promise<unknown>>> =
  {
    'the cutoff of the deployment': setDeploymentCutoff,
    'the newest cutoff of a user': addUserCutoff,
    'the newest stamp of a session': addSession,
  };

for (const [what, put] of Object.entries(AHEAD)) {
  test(`where ${what} is ahead of the clock, the new cutoff is a second above it`, async (t) => {
    const { collections } = await migratedDatabase(t);
    await ageDeployment(collections);
    const ahead = Date.now() + 2 * HOUR;
    await put(collections, ahead);
    await addUserCutoff(collections, ahead - HOUR);
    await addSession(collections, ahead - HOUR);
    t.is((await revocationsOn(collections).revokeEveryone(CAUSE)).cutoff, ahead + SECOND);
  });
}

test('the newest of all of them decides', async (t) => {
  const { collections } = await migratedDatabase(t);
  const [low, middle, high] = [1, 2, 3].map((hours) => Date.now() + hours * HOUR) as [
    number,
    number,
    number,
  ];
  await setDeploymentCutoff(collections, low);
  await addUserCutoff(collections, high);
  await addUserCutoff(collections, middle);
  await addSession(collections, middle);
  t.is((await revocationsOn(collections).revokeEveryone(CAUSE)).cutoff, high + SECOND);
});

test("the cutoff follows the clock of the server if that is ahead of the database's", async (t) => {
  const { collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const now = Date.now() + 3 * MINUTE;
  const { revokeEveryone } = createRevocations(collections, createSchema(collections), () => now);
  t.is((await revokeEveryone(CAUSE)).cutoff, now + 20 * MINUTE);
});

test('After the clock was set back each round of login, revokeUser and revokeEveryone kills what it has to', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  const userId = await addUserCutoff(collections, Date.now() + 2 * HOUR);
  const stranger = await addSession(collections, Date.now() + HOUR);

  /** Computes a stamp as a login does. */
  async function logIn() {
    const { user, deployment } = await revocations.cutoffs(userId);
    return addSession(collections, Math.max(Date.now(), user + 1, deployment + 1), userId);
  }

  for (let round = 0; round < 5; round++) {
    const first = await logIn();
    t.is(await revocations.check(first), undefined, 'dead on arrival');
    await revocations.revokeEveryone(CAUSE);
    t.is(await revocations.check(first), 'deployment');
    t.is(await revocations.check(stranger), 'deployment');
    const second = await logIn();
    t.is(await revocations.check(second), undefined, 'dead on arrival');
    await revocations.revokeUser({ ...CAUSE, userId });
    t.is(await revocations.check(second), 'user');
  }
});

test('a login just after the newest stamp was read does not outlive revokeEveryone, however far ahead the cutoffs are', async (t) => {
  const { collections } = await migratedDatabase(t);
  await setDeploymentCutoff(collections, Date.now() + DAY);
  const others = revocationsOn(collections);
  const userId = randomUUID();
  let caught: Awaited<ReturnType<typeof addSession>> | undefined;
  const revokedTokens = interceptWrites(collections.revokedTokens, async (write) => {
    for (let time = 0; time < 5; time++) await others.revokeUser({ ...CAUSE, userId });
    caught = await addSession(collections, (await others.cutoffs(userId)).user + 1, userId);
    return write();
  });
  await revocationsOn({ ...collections, revokedTokens }).revokeEveryone(CAUSE);
  if (caught === undefined) return t.fail('Nobody logged in');
  t.is(await others.check(caught), 'deployment');
});

test('a user who is revoked while everyone is has a cutoff above that of the deployment', async (t) => {
  const { collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const ahead = Date.now() + 2 * HOUR;
  const other = await addUserCutoff(collections, ahead);
  const user = await addUserCutoff(collections, ahead - HOUR);
  const everyone = revocationsOn(collections);
  let isFirst = true;
  const revokedTokens = interceptWrites(collections.revokedTokens, async (write) => {
    const result = await write();
    if (isFirst) await everyone.revokeEveryone(CAUSE);
    isFirst = false;
    return result;
  });
  const { revokeUser } = revocationsOn({ ...collections, revokedTokens });
  const { cutoff } = await revokeUser({ ...CAUSE, userId: user });
  t.is(await deploymentCutoff(collections), ahead + SECOND);
  t.is(cutoff, ahead + SECOND + 1);
  t.is((await everyone.cutoffs(other)).user, ahead);
});

test('Many revokeUser and revokeEveryone at once leave nothing alive that was there before, and no login dead', async (t) => {
  const { collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const revocations = revocationsOn(collections);
  for (let round = 0; round < 5; round++) {
    const users = await Promise.all(
      Array.from({ length: 5 }, () => addUserCutoff(collections, Date.now() + round * HOUR)),
    );
    const sessions = await Promise.all(
      users.map(async (userId) => {
        const { user, deployment } = await revocations.cutoffs(userId);
        return addSession(collections, Math.max(user, deployment) + 1, userId);
      }),
    );
    await Promise.all([
      ...users.flatMap((userId) => [1, 2].map(() => revocations.revokeUser({ ...CAUSE, userId }))),
      ...[1, 2, 3].map(() => revocations.revokeEveryone(CAUSE)),
    ]);
    const deployment = await deploymentCutoff(collections);
    for (const session of sessions) {
      t.not(await revocations.check(session), undefined, 'a session outlived both');
      const { user } = await revocations.cutoffs(session.userId);
      const stamp = Math.max(user, deployment) + 1;
      t.is(await revocations.check({ ...session, sessionId: randomUUID(), stamp }), undefined);
      await revocations.revokeUser({ ...CAUSE, userId: session.userId });
      t.is(await revocations.check({ ...session, sessionId: randomUUID(), stamp }), 'user');
    }
  }
});
