import test, { type ExecutionContext } from 'ava';
import type { Collections } from '../../lib/store/mongo/collections.ts';
import { DAY, HOUR } from '../../lib/time.ts';
import { ageDeployment } from '../helpers/database.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { openScope, type Scope } from '../helpers/scope.ts';
import { sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { age, openSession, refresh, type Tokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

const LIMIT = 3;

interface Fixture {
  readonly url: string;
  readonly userId: string;
  readonly collections: Collections;
  open(): Promise<Tokens>;
}

/** A server for the tests that neither age the deployment nor count over all users. */
const file = openScope();
const shared = await startServer(file);
test.after.always(file.end);

/** A server that lets each user have three sessions. */
function startServer(scope: Scope) {
  return testServer(scope, { MAX_SESSIONS: String(LIMIT) });
}

async function openFixture({ url, collections }: TestServer): Promise<Fixture> {
  const { email, id } = await addUser(collections);
  return { url, collections, userId: id, open: () => openSession(url, email) };
}

async function isLive(url: string, { access }: Tokens): Promise<boolean> {
  const outcome = toOutcome(await sendAs(access, `${url}/api/auth/me`));
  if (outcome !== '200' && outcome !== refusal('token_revoked')) throw new Error(outcome);
  return outcome === '200';
}

async function assertOldestEnd(t: ExecutionContext, { url, open }: Fixture): Promise<void> {
  const opened: Tokens[] = [];
  for (let logins = 1; logins <= 2 * LIMIT; logins++) {
    opened.push(await open());
    const live = await Promise.all(opened.map((tokens) => isLive(url, tokens)));
    t.deepEqual(
      live,
      opened.map((_, index) => index >= logins - LIMIT),
      `after ${logins} logins`,
    );
  }
  const [oldest] = opened;
  const answer = await refresh(url, oldest?.refresh);
  t.is(toOutcome(answer), refusal('refresh_token_revoked'));
}

test('The session over the limit ends the oldest, whose tokens are refused from then on', async (t) => {
  const it = await openFixture(await startServer(t));
  await ageDeployment(it.collections);
  await assertOldestEnd(t, it);
});

test('The oldest ends also in a deployment of a moment ago, where all stamps are alike', async (t) => {
  const it = await openFixture(await startServer(t));
  await assertOldestEnd(t, it);
  t.is((await it.collections.sessions.distinct('stamp')).length, 1);
});

test('The oldest ends also right after a revoke-all', async (t) => {
  const it = await openFixture(await startServer(t));
  await ageDeployment(it.collections);
  await sendAs((await it.open()).access, `${it.url}/api/auth/revoke-all-tokens`, 'POST');
  await assertOldestEnd(t, it);
});

test('Of 10 logins at once exactly as many live as may be', async (t) => {
  const { url, open } = await openFixture(shared);
  const opened = await Promise.all(Array.from({ length: 10 }, open));
  const live = await Promise.all(opened.map((tokens) => isLive(url, tokens)));
  t.is(live.filter((isIt) => isIt).length, LIMIT);
  const one = opened[live.indexOf(true)];
  const { body } = await sendAs(one?.access ?? '', `${url}/api/auth/sessions`);
  const listed: string[] = body.sessions.map(({ id }: { id: string }) => id);
  const accepted = opened.filter((_, index) => live[index]).map(({ sessionId }) => sessionId);
  t.deepEqual(listed.sort(), accepted.sort());
});

test('What has ended or expired takes no place', async (t) => {
  const { url, open, collections } = await openFixture(shared);
  const [kept, loggedOut, expired] = [await open(), await open(), await open()];
  await sendAs(loggedOut.access, `${url}/api/auth/logout`, 'POST');
  await age(collections, expired.sessionId, 8 * DAY, ['expires_at']);
  const [second, third] = [await open(), await open()];
  for (const tokens of [kept, second, third]) t.true(await isLive(url, tokens));
});

test('A refresh keeps the place of its session, and takes no other', async (t) => {
  const { url, open, collections } = await openFixture(shared);
  const [first, second, third] = [await open(), await open(), await open()];
  await refresh(url, first.refresh);
  await age(collections, first.sessionId, HOUR);
  for (const tokens of [first, second, third]) t.true(await isLive(url, tokens));
  await open();
  t.false(await isLive(url, first), 'it is the oldest by its login');
  for (const tokens of [second, third]) t.true(await isLive(url, tokens));
});

test('The limit is for each user', async (t) => {
  const { url, open, collections } = await openFixture(shared);
  const mine = [await open(), await open(), await open()];
  const { email } = await addUser(collections);
  for (let login = 0; login < LIMIT + 1; login++) await openSession(url, email);
  for (const tokens of mine) t.true(await isLive(url, tokens));
});

test('What the limit ends is in the audit trail', async (t) => {
  const { open, collections, userId } = await openFixture(await startServer(t));
  const oldest = await open();
  for (let login = 0; login < LIMIT; login++) await open();
  const events = await collections.auditEvents.find({ action: 'session_revoked' }).toArray();
  t.is(events.length, 1);
  t.like(events[0], {
    user_id: userId,
    details: { session_ids: [oldest.sessionId], reason: 'too_many_sessions' },
  });
});
