import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import {
  createSessions,
  MOST_LISTED,
  type Session,
} from '../../../../lib/store/sessions/sessions.ts';
import { DAY, HOUR, MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { notedClient } from '../../../helpers/noted-client.ts';

async function setUp(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const client = await notedClient(t, uri);
  return { ...client, sessions: createSessions(client.collections), admin: collections };
}

function toSession(userId: string, session: Partial<Session> = {}): Session {
  const now = Date.now();
  return {
    id: randomUUID(),
    userId,
    stamp: now,
    authTime: new Date(now),
    expiresAt: new Date(now + HOUR),
    endsAt: new Date(now + DAY),
    ip: '192.0.2.1',
    userAgent: 'Firefox',
    ...session,
  };
}

/** Sessions of one user, inserted in an order that is not that of their age: `ages` in minutes. */
async function insertAged(
  { sessions }: Pick<Awaited<ReturnType<typeof setUp>>, 'sessions'>,
  userId: string,
  ages: readonly number[],
  stamp?: number,
): Promise<string[]> {
  const made = ages.map((age) => {
    const authTime = new Date(Date.now() - age * MINUTE);
    return toSession(userId, { authTime, stamp: stamp ?? authTime.getTime() });
  });
  for (const session of made) await sessions.insert(session);
  return made.map(({ id }) => id);
}

test('A session comes back as it was put in', async (t) => {
  const { sessions } = await setUp(t);
  for (const userAgent of ['Firefox', '$ua', 'x\0y', undefined]) {
    const session = toSession(randomUUID(), { userAgent });
    await sessions.insert(session);
    const stored = { ...session, lastUsedAt: session.authTime };
    t.deepEqual(await sessions.findByUser(session.userId, session.id), stored);
    t.deepEqual(await sessions.listByUser(session.userId), [stored]);
  }
});

test('A session is found only for its own user', async (t) => {
  const { sessions } = await setUp(t);
  const session = toSession(randomUUID());
  await sessions.insert(session);
  t.is(await sessions.findByUser(randomUUID(), session.id), undefined);
  t.is(await sessions.findByUser(session.userId, randomUUID()), undefined);
  t.deepEqual(await sessions.listByUser(randomUUID()), []);
});

test('The list begins with the newest', async (t) => {
  const context = await setUp(t);
  const userId = randomUUID();
  const [c, a, d, b] = await insertAged(context, userId, [3, 1, 4, 2]);
  const listed = await context.sessions.listByUser(userId);
  t.deepEqual(
    listed.map(({ id }) => id),
    [a, b, c, d],
  );
});

test('The list begins with the newest also where a cutoff ahead has given all of them one stamp', async (t) => {
  const context = await setUp(t);
  const userId = randomUUID();
  const stamp = Date.now() + 20 * MINUTE;
  const [c, a, d, b] = await insertAged(context, userId, [3, 1, 4, 2], stamp);
  const listed = await context.sessions.listByUser(userId);
  t.deepEqual(
    listed.map(({ id }) => id),
    [a, b, c, d],
  );
});

test('Sessions of one instant are listed in the same order each time', async (t) => {
  const { sessions, admin } = await setUp(t);
  const userId = randomUUID();
  const made = Array.from({ length: 20 }, () =>
    toSession(userId, { authTime: new Date(0), stamp: 1 }),
  );
  for (const session of made) await sessions.insert(session);
  const order = (await sessions.listByUser(userId)).map(({ id }) => id);
  for (const { id } of made) {
    const document = await admin.sessions.findOneAndDelete({ _id: id });
    if (document !== null) await admin.sessions.insertOne(document);
  }
  t.deepEqual(
    (await sessions.listByUser(userId)).map(({ id }) => id),
    order,
  );
});

test('What has expired for 10 minutes or is marked as ended is not listed, and is found all the same', async (t) => {
  const { sessions } = await setUp(t);
  const userId = randomUUID();
  const expired = toSession(userId, { expiresAt: new Date(Date.now() - 11 * MINUTE) });
  const ended = toSession(userId);
  const live = toSession(userId, { expiresAt: new Date(Date.now() - MINUTE) });
  for (const session of [expired, ended, live]) await sessions.insert(session);
  await sessions.markEnded([ended.id]);
  t.deepEqual(
    (await sessions.listByUser(userId)).map(({ id }) => id),
    [live.id],
  );
  for (const { id } of [expired, ended]) t.is((await sessions.findByUser(userId, id))?.id, id);
});

test('A list is one command, however many there are, and the next one goes on where it ends', async (t) => {
  const { sessions, asked, admin } = await setUp(t);
  const userId = randomUUID();
  await sessions.insert(toSession(userId));
  const document = await admin.sessions.findOne({ user_id: userId });
  if (document === null) return t.fail();
  for (const [more, expected] of [
    [149, 150],
    [MOST_LISTED - 100, MOST_LISTED],
  ] as const) {
    const copies = Array.from({ length: more }, () => ({ ...document, _id: randomUUID() }));
    await admin.sessions.insertMany(copies);
    asked.length = 0;
    t.is((await sessions.listByUser(userId)).length, expected);
    t.deepEqual(asked, ['find sessions']);
  }
  const first = await sessions.listByUser(userId);
  const rest = await sessions.listByUser(userId, first.at(-1));
  t.is(rest.length, 50, 'all are of one instant');
  t.is(new Set([...first, ...rest].map(({ id }) => id)).size, MOST_LISTED + 50);
  t.deepEqual(await sessions.listByUser(userId, rest.at(-1)), []);
});

test('A malformed login time is detected, also behind a full list', async (t) => {
  const { sessions, admin } = await setUp(t);
  const [last, malformed] = [toSession('user'), toSession('user')];
  for (const session of [last, malformed]) await sessions.insert(session);
  for (const auth_time of [null, 0, 'yesterday']) {
    await admin.sessions.updateOne({ _id: malformed.id }, [{ $set: { auth_time } }]);
    const after = sessions.listByUser('user', { ...last, lastUsedAt: last.authTime });
    await t.throwsAsync(after, { instanceOf: StoreUnavailable });
  }
});

test('A list reads the sessions of its user by the index, and sorts nothing', async (t) => {
  const { sessions, db, admin } = await setUp(t);
  const userId = randomUUID();
  await insertAged({ sessions }, userId, [1, 2, 3]);
  for (let other = 0; other < 50; other++) await sessions.insert(toSession(randomUUID()));
  await db.command({ profile: 2 });
  const [newest] = await sessions.listByUser(userId);
  await sessions.listByUser(userId, newest);
  await db.command({ profile: 0 });
  const entries = await db
    .collection('system.profile')
    .find({ op: 'query', ns: admin.sessions.namespace })
    .sort({ ts: 1 })
    .toArray();
  t.like(entries, [{ docsExamined: 3, keysExamined: 3, nreturned: 3 }, { nreturned: 2 }]);
  for (const entry of entries) {
    t.regex(entry['planSummary'], /^IXSCAN \{ user_id: 1, ended_at: 1/);
    t.falsy(entry['hasSortStage']);
  }
});
