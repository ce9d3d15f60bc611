import test from 'ava';
import { createSchema } from '../../../lib/store/mongo/schema-document.ts';
import { createRevocations } from '../../../lib/store/revocations/revocations.ts';
import { HOUR, MINUTE } from '../../../lib/time.ts';
import { login as loginStory } from '../../../lib/use-cases/login.ts';
import { CALLER } from '../../helpers/auth.ts';
import { bind } from '../../helpers/bind.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';
import { countAccepting, openDeployment, revokeAll, setClockBack } from './deployment.ts';

test('After the clock was set back an hour each revoke-all still kills, and each login after it lives', async (t) => {
  const deployment = await openDeployment(t);
  const { here, collections } = deployment;
  const user = await addUser(collections);
  await setClockBack(deployment, user);
  const login = bind(loginStory, here);

  for (let round = 0; round < 10; round++) {
    const { accessToken } = await login({ email: user.email, password: PASSWORD }, CALLER);
    t.is(await countAccepting(deployment, accessToken), 2, `round ${round}`);
    const before = await here.revocations.cutoffs(user.id);
    await revokeAll(deployment, user);
    t.is(await countAccepting(deployment, accessToken), 0, `round ${round}`);
    const after = await here.revocations.cutoffs(user.id);
    t.is(after.user, before.user + 1, 'The clock decided, not the old cutoff');
    t.true(after.user > Date.now() + HOUR - MINUTE);
  }
});

test('A login on a primary whose clock is an hour ahead is refused: no revoke-all would reach its stamp', async (t) => {
  const { here, collections } = await openDeployment(t);
  const { email } = await addUser(collections);
  const { users } = here;
  const login = bind(loginStory, {
    ...here,
    users: {
      ...users,
      async readWithTime(id) {
        const again = await users.readWithTime(id);
        return again && { ...again, now: new Date(again.now.getTime() + HOUR) };
      },
    },
  });
  await t.throwsAsync(login({ email, password: PASSWORD }, CALLER), { code: 'store_unavailable' });
  t.is(await collections.sessions.countDocuments(), 0);
});

test("A primary whose clock is behind takes the server's for the cutoff", async (t) => {
  const { collections } = await openDeployment(t);
  const user = await addUser(collections);
  const ahead = () => Date.now() + HOUR; // the server's clock, seen from a primary that is an hour behind
  const revocations = createRevocations(collections, createSchema(collections), ahead);
  const started = ahead();
  await revocations.revokeUser({ userId: user.id, reason: 'test', revokedBy: user.id });
  t.true((await revocations.cutoffs(user.id)).user >= started + 10 * MINUTE);
});
