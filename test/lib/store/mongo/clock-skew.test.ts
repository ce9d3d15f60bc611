import test, { type ExecutionContext } from 'ava';
import { createAuth } from '../../../../lib/auth.ts';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import type { IssuedTokens } from '../../../../lib/use-cases/shared/open-session.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { CALLER, PATIENT, testAuth } from '../../../helpers/auth.ts';
import { send, sendAs, serveAuth } from '../../../helpers/server.ts';
import { refresh } from '../../../helpers/sessions.ts';
import { addUser, PASSWORD } from '../../../helpers/users.ts';

/** A server whose clock is so far off the database's. */
async function skewedServer(t: ExecutionContext, skew: number) {
  const right = await testAuth(t);
  const { email } = await addUser(right.collections);
  const { accessToken: token, refreshToken } = await right.auth.login(
    { email, password: PASSWORD },
    CALLER,
  );
  const auth = await authWithClock(t, right, skew);
  await auth.checkHealth(); // so that the skew has been measured
  const url = await serveAuth(t, auth);
  return { auth, url, token, refreshToken, email, right };
}

/** Another server of the same deployment. */
async function authWithClock(
  t: ExecutionContext,
  { db, secret }: Awaited<ReturnType<typeof testAuth>>,
  skew: number,
) {
  const clock = () => Date.now() + skew;
  const auth = await createAuth({ db, secrets: [secret], ...PATIENT, clock });
  t.teardown(() => auth.close());
  return auth;
}

for (const minutes of [6, -6]) {
  test(`a clock that is ${minutes} minutes off decides nothing, and /readyz reports it`, async (t) => {
    const { auth, url, token, email } = await skewedServer(t, minutes * MINUTE);
    const loggedIn = auth.login({ email, password: PASSWORD }, CALLER);
    await t.throwsAsync(loggedIn, { instanceOf: StoreUnavailable });
    const authenticated = auth.authenticate({ token }, CALLER);
    const error = await t.throwsAsync(authenticated, { instanceOf: StoreUnavailable });
    t.regex(
      error?.message ?? '',
      /clock of this server is -?3(59|60|61) s off the database's.*NTP/,
    );

    const me = await sendAs(token, `${url}/api/auth/me`);
    t.deepEqual([me.status, me.body.code], [503, 'store_unavailable']);
    t.truthy(me.headers.get('retry-after'));

    const { status, body } = await send(`${url}/readyz`);
    t.is(status, 503);
    t.false(body.checks.skew.ok);
    t.regex(body.checks.skew.detail, /ahead of the database's clock/);
    t.true(body.checks.database.ok);
    t.is((await send(`${url}/livez`)).status, 200);
  });
}

for (const minutes of [6, -6]) {
  test(`with a clock that is ${minutes} minutes off a refresh token is not used up`, async (t) => {
    const { url, refreshToken, right } = await skewedServer(t, minutes * MINUTE);
    const before = await right.collections.sessions.findOne();
    const answer = await refresh(url, refreshToken);
    t.deepEqual([answer.status, answer.body.code], [503, 'store_unavailable']);
    t.truthy(answer.headers.get('retry-after'));
    t.deepEqual(await right.collections.sessions.findOne(), before);
    await t.notThrowsAsync(right.auth.refresh({ refreshToken }, CALLER));
  });
}

for (const minutes of [4, -4]) {
  test(`a clock that is ${minutes} minutes off is fine`, async (t) => {
    const { url, token, refreshToken } = await skewedServer(t, minutes * MINUTE);
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
    t.is((await refresh(url, refreshToken)).status, 200);
    const { status, body } = await send(`${url}/readyz`);
    t.deepEqual([status, body.status, body.checks.skew.ok], [200, 'ready', true]);
  });
}

for (const minutes of [20, -20]) {
  test(`a server whose clock is ${minutes} minutes off takes no good token for a bad one`, async (t) => {
    const right = await testAuth(t);
    const { auth, collections } = right;
    const wrong = await authWithClock(t, right, minutes * MINUTE);
    const { email } = await addUser(collections);
    const { accessToken: token } = await auth.login({ email, password: PASSWORD }, CALLER);
    await t.throwsAsync(wrong.authenticate({ token }, CALLER), { instanceOf: StoreUnavailable });
    await wrong.logout({ token }, CALLER);
    await t.throwsAsync(auth.authenticate({ token }, CALLER), { code: 'token_revoked' });
  });
}

for (const hours of [3, -3]) {
  test.serial(
    `a server whose clock is set by ${hours} hours takes no good token for a bad one`,
    async (t) => {
      const { auth, token } = await skewedServer(t, 0);
      await auth.authenticate({ token }, CALLER);
      const rightNow = Date.now;
      t.teardown(() => {
        Date.now = rightNow;
      });
      Date.now = () => rightNow() + hours * HOUR;
      const ask = () =>
        t.throwsAsync(auth.authenticate({ token }, CALLER), { instanceOf: StoreUnavailable });
      await Promise.all([ask(), ask(), ask()]);
      Date.now = rightNow;
      await t.notThrowsAsync(auth.authenticate({ token }, CALLER));
    },
  );
}

test('a token that is issued while the clock is set has the time at which the clock was right', async (t) => {
  const right = await testAuth(t);
  const user = await addUser(right.collections);
  let rightReadings = Number.POSITIVE_INFINITY;
  const clock = () => Date.now() + (rightReadings-- > 0 ? 0 : HOUR);
  const auth = await createAuth({ db: right.db, secrets: [right.secret], ...PATIENT, clock });
  t.teardown(() => auth.close());
  await auth.checkHealth(); // so that the skew has been measured
  const credentials = { email: user.email, password: PASSWORD };
  const { refreshToken, accessToken } = await right.auth.login(credentials, CALLER);
  const principal = await right.auth.authenticate({ token: accessToken }, CALLER);
  const change = { currentPassword: PASSWORD, newPassword: 'violet anchors drift at noon' };

  const cases: readonly [readings: number, issue: () => Promise<IssuedTokens>][] = [
    [1, () => auth.login(credentials, CALLER)],
    [1, () => auth.refresh({ refreshToken }, CALLER)],
    [3, () => auth.changePassword(change, { ...CALLER, principal })], // the cutoff and its count take one each
  ];
  for (const [readings, issue] of cases) {
    rightReadings = readings;
    const { accessToken: token } = await issue();
    await t.notThrowsAsync(right.auth.authenticate({ token }, CALLER));
  }
});

test.serial(
  'a server whose clock is set back recalls no token that may have expired',
  async (t) => {
    const { db, secret, collections, auth: other } = await testAuth(t);
    const { email } = await addUser(collections);
    const { accessToken: token } = await other.login({ email, password: PASSWORD }, CALLER);
    const clock = () => Date.now(); // not the function itself, which is replaced below
    const options = { ...PATIENT, follow: 'auto', clock } as const;
    const auth = await createAuth({ db, secrets: [secret], ...options });
    t.teardown(() => auth.close());
    await waitFor('A lease', () => auth.follow(SECOND));
    const isKnown = async () => {
      await auth.authenticate({ token }, CALLER);
      return auth.recall(token) !== undefined;
    };
    await waitFor('A known token', isKnown); // the skew may not have been measured at first
    const rightNow = Date.now;
    t.teardown(() => {
      Date.now = rightNow;
    });
    Date.now = () => rightNow() - 8 * MINUTE; // not so far that the token would be from the future
    t.is(auth.recall(token), undefined);
    await t.throwsAsync(auth.authenticate({ token }, CALLER), { instanceOf: StoreUnavailable });
    t.is(auth.recall(token), undefined);
    Date.now = rightNow;
    await waitFor('A known token', isKnown);
    t.pass();
  },
);
