import test from 'ava';
import { adminServer, snapshotWithoutCounts, untilMarked } from '../helpers/admin.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, sendAs } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('An admin revokes every token of one user, and of no one else', async (t) => {
  const { url, collections, admin, token } = await adminServer(t);
  const user = await addUser(collections, { companyId: 'acme' });
  const logins = await Promise.all(
    [1, 2, 3].map(() =>
      post(`${url}/api/auth/login`, { email: user.email, password: PASSWORD }).then(
        ({ body }) => body,
      ),
    ),
  );
  const [ended] = logins;
  await sendAs(ended.access_token, `${url}/api/auth/logout`, 'POST');
  const stranger = await logIn(url, (await addUser(collections)).email);

  const path = `${url}/api/admin/users/${user.id}/revoke-tokens`;
  const { status, body } = await sendAs(token, path, 'POST');
  t.is(status, 200);
  t.deepEqual(body, { user_id: user.id, sessions_ended: 2, dry_run: false });

  for (const { access_token, refresh_token } of logins.slice(1)) {
    const me = await sendAs(access_token, `${url}/api/auth/me`);
    t.is(toOutcome(me), refusal('user_tokens_revoked'));
    const refreshed = await post(`${url}/api/auth/refresh`, { refresh_token });
    t.like(refreshed, { status: 401, body: { code: 'refresh_token_revoked' } });
  }
  for (const living of [stranger, token, await logIn(url, user.email)]) {
    t.is((await sendAs(living, `${url}/api/auth/me`)).status, 200);
  }
  t.like(await collections.revokedTokens.findOne({ kind: 'user', user_id: user.id }), {
    reason: 'admin_requested',
    revoked_by: admin.id,
    writes: 1,
  });
  t.like(await collections.auditEvents.findOne({ action: 'tokens_revoked_by_admin' }), {
    user_id: user.id,
    company_id: 'acme',
    actor_id: admin.id,
    details: { reason: 'admin_requested', sessions_ended: 2 },
  });
});

test('Revoking the tokens of a user again writes again, and reaches what was issued meanwhile', async (t) => {
  const { url, collections, token } = await adminServer(t);
  const user = await addUser(collections);
  const path = `${url}/api/admin/users/${user.id}/revoke-tokens`;
  for (let round = 1; round <= 3; round++) {
    const issued = await logIn(url, user.email);
    t.is((await sendAs(token, path, 'POST')).body.sessions_ended, 1);
    t.is(toOutcome(await sendAs(issued, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  }
  const entry = await collections.revokedTokens.findOne({ kind: 'user', user_id: user.id });
  t.is(entry?.writes, 3);
  t.is((await sendAs(token, path, 'POST')).body.sessions_ended, 0);
});

test('An admin may revoke their own tokens as an admin: the answer is 200, and the token is dead', async (t) => {
  const { url, admin, token } = await adminServer(t);
  const path = `${url}/api/admin/users/${admin.id}/revoke-tokens?dry_run=false`;
  t.like(await sendAs(token, path, 'POST'), { status: 200, body: { sessions_ended: 1 } });
  t.is(toOutcome(await sendAs(token, path, 'POST')), refusal('user_tokens_revoked'));
});

test('The sessions of a disabled user can be read and revoked like any other', async (t) => {
  const { url, collections, token } = await adminServer(t);
  const user = await addUser(collections);
  await logIn(url, user.email);
  await collections.users.updateOne({ _id: user.id }, { $set: { disabled_at: new Date() } });
  const path = `${url}/api/admin/users/${user.id}`;
  t.is((await sendAs(token, `${path}/sessions`)).body.sessions.length, 1);
  t.is((await sendAs(token, `${path}/revoke-tokens`, 'POST')).body.sessions_ended, 1);
  t.deepEqual((await sendAs(token, `${path}/sessions`)).body, { sessions: [] });
});

test('A dry run returns how many sessions of a user would end, and changes nothing', async (t) => {
  const { url, db, collections, token } = await adminServer(t);
  const user = await addUser(collections);
  const tokens = await Promise.all([logIn(url, user.email), logIn(url, user.email)]);
  const before = await snapshotWithoutCounts(db);
  const path = `${url}/api/admin/users/${user.id}/revoke-tokens?dry_run=true`;
  t.deepEqual((await sendAs(token, path, 'POST')).body, {
    user_id: user.id,
    sessions_ended: 2,
    dry_run: true,
  });
  t.deepEqual(await snapshotWithoutCounts(db), before);
  for (const living of tokens) {
    t.is((await sendAs(living, `${url}/api/auth/me`)).status, 200);
  }
});

test("revoke-everyone kills the tokens of all users at once, the admin's too, and logins right after work", async (t) => {
  const { url, collections, admin, token } = await adminServer(t);
  const users = await Promise.all([addUser(collections), addUser(collections)]);
  const refreshToken = async (email: string) =>
    (await post(`${url}/api/auth/login`, { email, password: PASSWORD })).body.refresh_token;
  const emails = users.map(({ email }) => email);
  const tokens = await Promise.all([...emails, ...emails].map((email) => logIn(url, email)));
  const refreshTokens = await Promise.all(emails.map(refreshToken));

  const path = `${url}/api/admin/revoke-everyone`;
  const { status, body } = await sendAs(token, path, 'POST');
  t.is(status, 200);
  t.deepEqual(body, { sessions_ended: 7, dry_run: false });

  for (const dead of [...tokens, token]) {
    const answer = await sendAs(dead, `${url}/api/auth/me`);
    t.is(toOutcome(answer), refusal('user_tokens_revoked'));
  }
  for (const refresh_token of refreshTokens) {
    const refreshed = await post(`${url}/api/auth/refresh`, { refresh_token });
    t.like(refreshed, { status: 401, body: { code: 'refresh_token_revoked' } });
  }
  t.is(toOutcome(await sendAs(token, path, 'POST')), refusal('user_tokens_revoked'));
  for (const { email } of [...users, admin]) {
    t.is((await sendAs(await logIn(url, email), `${url}/api/auth/me`)).status, 200);
  }
  t.like(await collections.revokedTokens.findOne({ kind: 'deployment' }), {
    reason: 'admin_requested',
    revoked_by: admin.id,
  });
  t.like(await collections.auditEvents.findOne({ action: 'everyone_revoked' }), {
    user_id: null,
    company_id: null,
    actor_id: admin.id,
    details: { reason: 'admin_requested', sessions_ended: 7 },
  });
});

test('revoke-everyone reaches what was issued right after the last one, time and again', async (t) => {
  const { url, collections, admin } = await adminServer(t);
  const { email } = await addUser(collections);
  for (let round = 1; round <= 3; round++) {
    const issued = await logIn(url, email);
    const path = `${url}/api/admin/revoke-everyone`;
    const { body } = await sendAs(await logIn(url, admin.email), path, 'POST');
    t.is(body.sessions_ended, round === 1 ? 3 : 2);
    t.is(toOutcome(await sendAs(issued, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  }
});

test('After revoke-everyone a user can revoke all, and an admin that user', async (t) => {
  const { url, collections, admin, token } = await adminServer(t);
  const user = await addUser(collections);
  await sendAs(token, `${url}/api/admin/revoke-everyone`, 'POST');

  const own = await logIn(url, user.email);
  t.is((await sendAs(own, `${url}/api/auth/revoke-all-tokens`, 'POST')).status, 200);
  t.is(toOutcome(await sendAs(own, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));

  const issued = await logIn(url, user.email);
  const path = `${url}/api/admin/users/${user.id}/revoke-tokens`;
  t.is((await sendAs(await logIn(url, admin.email), path, 'POST')).body.sessions_ended, 1);
  t.is(toOutcome(await sendAs(issued, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
});

test('A dry run of revoke-everyone counts what is live, and changes nothing', async (t) => {
  const { url, db, collections, admin, token } = await adminServer(t);
  const { email } = await addUser(collections);
  const [loggedOut = '', ...living] = await Promise.all([1, 2, 3, 4].map(() => logIn(url, email)));
  await sendAs(loggedOut, `${url}/api/auth/logout`, 'POST');
  await untilMarked(collections);
  const expires_at = new Date(Date.now() - 1_000);
  await collections.sessions.updateOne(
    { ended_at: { $exists: false }, user_id: { $ne: admin.id } },
    { $set: { expires_at } },
  );

  const before = await snapshotWithoutCounts(db);
  const path = `${url}/api/admin/revoke-everyone?dry_run=true`;
  const { body } = await sendAs(token, path, 'POST');
  t.deepEqual(body, { sessions_ended: 3, dry_run: true });
  t.deepEqual(await snapshotWithoutCounts(db), before);
  for (const each of living) t.is((await sendAs(each, `${url}/api/auth/me`)).status, 200);
});

test('An admin sees the live sessions of a user, the newest first', async (t) => {
  const { url, collections, token } = await adminServer(t);
  const user = await addUser(collections);
  const tokens: string[] = [];
  for (let time = 0; time < 3; time++) tokens.push(await logIn(url, user.email));
  const [first = '', , last = ''] = tokens;
  await sendAs(first, `${url}/api/auth/logout`, 'POST');

  const own = await sendAs(last, `${url}/api/auth/sessions`);
  const { status, body } = await sendAs(token, `${url}/api/admin/users/${user.id}/sessions`);
  t.is(status, 200);
  t.is(body.sessions.length, 2);
  t.deepEqual(
    body.sessions,
    own.body.sessions.map(({ current: _, ...session }: { current: boolean }) => session),
  );
});

test('A body is refused where dry_run belongs in the query, and nothing is revoked', async (t) => {
  const { url, token } = await adminServer(t);
  const authorization = `Bearer ${token}`;
  for (const body of [{ dry_run: true }, {}, []]) {
    const answer = await post(`${url}/api/admin/revoke-everyone`, body, { authorization });
    t.is(toOutcome(answer), refusal('unexpected_body'));
  }
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
});
