import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { MOST_SESSIONS } from '../../../lib/store/sessions/sessions.ts';
import { HOUR, MINUTE } from '../../../lib/time.ts';
import { CALLER, testAuth } from '../../helpers/auth.ts';
import { age, nameTokens, type Tokens } from '../../helpers/sessions.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';

/**
 * Logs a user in twice, and puts so many sessions between the two, all of one instant: more than the limit, as after
 * logins that broke off before they ended the oldest.
 */
async function openCrowd(t: ExecutionContext, between: number) {
  const { auth, collections } = await testAuth(t, { maxSessions: MOST_SESSIONS });
  const { email } = await addUser(collections);
  const login = async () => nameTokens(await auth.login({ email, password: PASSWORD }, CALLER));
  const [oldest, newest] = [await login(), await login()];
  await age(collections, oldest.sessionId, HOUR, ['auth_time']);
  const document = await collections.sessions.findOne({ _id: oldest.sessionId });
  if (document === null) throw new Error('The session of the login is missing');
  const auth_time = new Date(document.auth_time.getTime() + MINUTE);
  const ids = Array.from({ length: between }, () => randomUUID());
  await collections.sessions.insertMany(ids.map((_id) => ({ ...document, _id, auth_time })));
  const enter = ({ access }: Tokens) => auth.authenticate({ token: access }, CALLER);
  return { auth, login, oldest, newest, enter };
}

test('Ending all other sessions ends the oldest too, however many there are', async (t) => {
  const between = 2 * MOST_SESSIONS + 5;
  const { auth, oldest, newest, enter } = await openCrowd(t, between);
  const caller = { ...CALLER, principal: await enter(newest) };
  t.deepEqual(await auth.sessions.endOthers({}, caller), { ended: between + 1 });
  await t.throwsAsync(enter(oldest), { code: 'token_revoked' });
  t.deepEqual(
    (await auth.sessions.list({}, caller)).map(({ id }) => id),
    [newest.sessionId],
  );
  await t.notThrowsAsync(enter(newest));
});

test('A login ends all sessions above the limit, also where several are', async (t) => {
  const { auth, login, oldest, newest, enter } = await openCrowd(t, MOST_SESSIONS);
  const caller = { ...CALLER, principal: await enter(newest) };
  t.is((await auth.sessions.list({}, caller)).length, MOST_SESSIONS + 2);
  await login();
  await t.throwsAsync(enter(oldest), { code: 'token_revoked' });
  t.is((await auth.sessions.list({}, caller)).length, MOST_SESSIONS);
  await t.notThrowsAsync(enter(newest));
});
