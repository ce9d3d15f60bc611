/** Absence of a document acknowledges nothing, and refuses nothing, in a collection that was lost. */
import test, { type ExecutionContext } from 'ava';
import type { Db } from 'mongodb';
import { addClient, basic, introspect, postForm } from '../helpers/clients.ts';
import { type Answer, post, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

type Name = 'users' | 'sessions' | 'clients';

const LOSSES: Readonly<Record<string, (db: Db, name: Name) => Promise<unknown>>> = {
  dropped: (db, name) => db.collection(name).drop(),
  renamed: (db, name) => db.collection(name).rename(`${name}_before`),
  'dropped, and begun anew by a restore': async (db, name) => {
    await db.collection(name).drop();
    await db.collection(name).insertOne({});
  },
};

async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  const { url, collections } = server;
  const user = await addUser(collections, { roles: ['admin'] });
  const client = await addClient(collections);
  const logIn = async () => {
    const { body } = await post(`${url}/api/auth/login`, { email: user.email, password: PASSWORD });
    return { token: String(body.access_token), refreshToken: String(body.refresh_token) };
  };
  const own = await logIn();
  const other = await logIn();
  const [{ session_id: otherId }] = await Promise.all([
    sendAs(other.token, `${url}/api/auth/me`).then(({ body }) => body),
  ]);
  return { ...server, user, client, own, other, otherId };
}

type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** Requests whose answer would rest on a document that is not found. */
const REQUESTS: Readonly<Record<Name, Readonly<Record<string, (it: Fixture) => Promise<Answer>>>>> =
  {
    sessions: {
      'list sessions': ({ url, own }) => sendAs(own.token, `${url}/api/auth/sessions`),
      'end a session': ({ url, own, otherId }) =>
        sendAs(own.token, `${url}/api/auth/sessions/${otherId}`, 'DELETE'),
      'end the others': ({ url, own }) =>
        sendAs(own.token, `${url}/api/auth/sessions/revoke-others`, 'POST'),
      refresh: ({ url, other }) =>
        post(`${url}/api/auth/refresh`, { refresh_token: other.refreshToken }),
      "list a user's sessions": ({ url, user, own }) =>
        sendAs(own.token, `${url}/api/admin/users/${user.id}/sessions`),
      'count what a revocation would end': ({ url, user, own }) =>
        sendAs(own.token, `${url}/api/admin/users/${user.id}/revoke-tokens?dry_run=true`, 'POST'),
      readyz: ({ url }) => send(`${url}/readyz`),
    },
    users: {
      me: ({ url, own }) => sendAs(own.token, `${url}/api/auth/me`),
      'log in': ({ url, user }) =>
        post(`${url}/api/auth/login`, { email: user.email, password: PASSWORD }),
      'log in as nobody': ({ url }) =>
        post(`${url}/api/auth/login`, { email: 'nobody@example.com', password: PASSWORD }),
      refresh: ({ url, other }) =>
        post(`${url}/api/auth/refresh`, { refresh_token: other.refreshToken }),
      introspect: ({ url, client, own }) => introspect(url, client, own.token),
      readyz: ({ url }) => send(`${url}/readyz`),
    },
    clients: {
      introspect: ({ url, client, own }) => introspect(url, client, own.token),
      revoke: ({ url, client, own }) =>
        postForm(`${url}/oauth/revoke`, { token: own.token }, basic(client)),
      readyz: ({ url }) => send(`${url}/readyz`),
    },
  };

for (const [how, lose] of Object.entries(LOSSES)) {
  for (const name of ['users', 'sessions', 'clients'] as const) {
    if (name === 'clients' && how.includes('anew')) continue; // it has no index to miss
    test(`${name} ${how}: what is not found in it is undecided, so the answer is 503`, async (t) => {
      const it = await openFixture(t);
      await lose(it.db, name);
      for (const [request, ask] of Object.entries(REQUESTS[name])) {
        t.is((await ask(it)).status, 503, request);
      }
      t.regex(JSON.stringify((await send(`${it.url}/readyz`)).body), /npm run migrate/);
    });
  }
}

test('A user who alone is gone is refused', async (t) => {
  const it = await openFixture(t);
  await it.collections.users.deleteOne({ _id: it.user.id });
  t.is((await sendAs(it.own.token, `${it.url}/api/auth/me`)).status, 401);
});

for (const [how, lose] of Object.entries({
  'one document deleted': (it: Fixture) => it.collections.sessions.deleteMany({}),
  'the collection dropped': (it: Fixture) => it.collections.sessions.drop(),
})) {
  test(`/oauth/revoke of a refresh token ends its session whatever is found: ${how}`, async (t) => {
    const it = await openFixture(t);
    await lose(it);
    const { url, client, other } = it;
    const form = { token: other.refreshToken };
    t.is((await postForm(`${url}/oauth/revoke`, form, basic(client))).status, 200);
    const answer = await sendAs(other.token, `${url}/api/auth/me`);
    t.like(answer, { status: 401, body: { code: 'token_revoked' } });
    t.is((await sendAs(it.own.token, `${url}/api/auth/me`)).status, 200, 'and no other');
  });
}

test("an administrator revokes a user's tokens also while `sessions` is lost", async (t) => {
  const { url, user, own, other, collections } = await openFixture(t);
  await collections.sessions.drop();
  const path = `${url}/api/admin/users/${user.id}/revoke-tokens`;
  t.is((await sendAs(own.token, path, 'POST')).status, 200);
  t.is((await collections.revokedTokens.findOne({ _id: `user:${user.id}` }))?.writes, 1);
  t.is((await sendAs(other.token, `${url}/api/auth/me`)).status, 401);
});

test('A session whose own document is missing ends no others, and reports none ended', async (t) => {
  const it = await openFixture(t);
  await it.collections.sessions.deleteOne({ _id: { $ne: it.otherId } });
  for (const request of ['list sessions', 'end the others']) {
    t.is((await REQUESTS.sessions[request]?.(it))?.status, 503, request);
  }
});

test('revoke-others and DELETE write again for sessions that are already revoked: each response has a write of its own', async (t) => {
  const { url, own, otherId, collections } = await openFixture(t);
  const writes = async () =>
    (await collections.revokedTokens.findOne({ _id: `session:${otherId}` }))?.writes;
  const others = () => sendAs(own.token, `${url}/api/auth/sessions/revoke-others`, 'POST');
  t.is((await others()).body.sessions_ended, 1);
  t.is(await writes(), 1);
  await collections.sessions.updateMany({}, { $unset: { ended_at: true } }); // nothing was marked yet
  t.is((await others()).body.sessions_ended, 0);
  t.is(await writes(), 2);
  t.is((await sendAs(own.token, `${url}/api/auth/sessions/${otherId}`, 'DELETE')).status, 204);
  t.is(await writes(), 3);
});

test('/oauth/revoke for a revoked key writes the key again', async (t) => {
  const { url, client, own, collections } = await openFixture(t);
  const kid = JSON.parse(Buffer.from(own.token.split('.')[0] ?? '', 'base64url').toString()).kid;
  await collections.revokedTokens.insertOne({
    _id: `key:${kid}`,
    kind: 'key',
    revoked_at: new Date(),
    reason: 'leaked',
    writes: 1,
    fenced_writes: 1,
  });
  const form = { token: own.token };
  t.is((await postForm(`${url}/oauth/revoke`, form, basic(client))).status, 200);
  const entry = await collections.revokedTokens.findOne({ _id: `key:${kid}` });
  t.like(entry, { writes: 2, reason: 'leaked' });
});
