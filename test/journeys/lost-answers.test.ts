import test, { type ExecutionContext } from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { addClient, introspect, revoke } from '../helpers/clients.ts';
import { forge, readClaims } from '../helpers/forged-tokens.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs, serve, type TestServer, testServer } from '../helpers/server.ts';
import { age, openSession, refresh, type Tokens, toTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

interface Fixture extends TestServer {
  /** Another process on the same database. */
  readonly other: string;
  readonly first: Tokens;
  /** The answer that the client may have lost. */
  readonly second: Tokens;
}

async function openFixture(server: TestServer, other: string): Promise<Fixture> {
  const first = await openSession(server.url, (await addUser(server.collections)).email);
  const second = toTokens(await refresh(server.url, first.refresh));
  return { ...server, other, first, second };
}

async function twoServers(t: ExecutionContext) {
  const server = await testServer(t);
  const environment = { MONGODB_URI: server.uri, JWT_SECRET_KEY: server.secret };
  return { server, other: (await serve(t, environment)).url };
}

/** Waits until the database has the counter. */
async function untilSeen({ collections, first }: Fixture, counter: number): Promise<void> {
  const filter = { _id: first.sessionId, seen_counter: { $gte: counter } };
  const count = () => collections.sessions.countDocuments(filter);
  await waitFor(`Counter ${counter}`, async () => (await count()) > 0);
}

type Step = (fixture: Fixture) => Promise<unknown>;

const me = (url: string, token: string) => sendAs(token, `${url}/api/auth/me`);

/** Nothing of these shows that the answer arrived. */
const UNSEEN: Readonly<Record<string, Step>> = {
  nothing: async () => undefined,
  'the access token of the login': ({ url, first }) => me(url, first.access),
  'the access token of the login, at another server': ({ other, first }) => me(other, first.access),
  'an introspection of the access token of the login': async ({ url, collections, first }) =>
    introspect(url, await addClient(collections), first.access),
  'an access token that an older server issued': ({ url, secret, second }) =>
    me(url, forge(second.access, secret, { claims: { counter: undefined } })),
  'an access token that a stranger changed': ({ url, second }) =>
    me(url, `${second.access.slice(0, -4)}AAAA`),
};

test('A client whose answer was lost comes back after the grace, and its session lives on, after the use of', async (t) => {
  const { server, other } = await twoServers(t);
  for (const [what, use] of Object.entries(UNSEEN)) {
    const it = await openFixture(server, other);
    const { url, collections, first, second } = it;
    await use(it);
    await age(collections, first.sessionId, 2 * MINUTE);
    const again = toTokens(await refresh(other, first.refresh, { 'user-agent': 'updated/2' }));
    t.is(again.refresh, second.refresh, what);
    await age(collections, first.sessionId, 2 * MINUTE);
    t.is(toTokens(await refresh(url, first.refresh)).refresh, second.refresh, what);
    await age(collections, first.sessionId, 2 * MINUTE);
    const third = toTokens(await refresh(url, again.refresh));
    for (const { access } of [again, third]) t.is((await me(other, access)).status, 200, what);
  }
});

/** Each of these shows that the answer arrived. */
const SEEN: Readonly<Record<string, Step>> = {
  'its access token is used': ({ url, second }) => me(url, second.access),
  'its access token is used at another server': async (it) => {
    await me(it.other, it.second.access);
    await untilSeen(it, 1);
  },
  'its access token is only introspected, at another server': async (it) => {
    const client = await addClient(it.collections);
    await introspect(it.other, client, it.second.access);
    await untilSeen(it, 1);
  },
  'its access token is revoked by a service': async ({ url, collections, second }) =>
    revoke(url, await addClient(collections), second.access),
  'its refresh token is presented': ({ url, second }) => refresh(url, second.refresh),
  'its refresh token is presented at another server': ({ other, second }) =>
    refresh(other, second.refresh),
  'its refresh token is exchanged': async ({ url, collections, first, second }) => {
    await age(collections, first.sessionId, 2 * MINUTE);
    await refresh(url, second.refresh);
  },
  'the access token of an answer that was given again is used': async (it) => {
    await age(it.collections, it.first.sessionId, 2 * MINUTE);
    const again = toTokens(await refresh(it.other, it.first.refresh));
    await me(it.url, again.access);
  },
};

test('A token that comes back after the grace is a theft, and nothing of the session lives, once', async (t) => {
  const { server, other } = await twoServers(t);
  for (const [what, use] of Object.entries(SEEN)) {
    const it = await openFixture(server, other);
    await use(it);
    await age(it.collections, it.first.sessionId, 2 * MINUTE);
    const stolen = refusal('refresh_token_reused');
    t.is(toOutcome(await refresh(it.url, it.first.refresh)), stolen, what);
    for (const { access, refresh: token } of [it.first, it.second]) {
      t.is(toOutcome(await me(other, access)), refusal('token_revoked'), what);
      t.is(toOutcome(await refresh(other, token)), stolen, what);
    }
  }
});

test('A browser and its server-side renderer refresh at once with one token and two user agents: one session, one successor', async (t) => {
  const { server, other } = await twoServers(t);
  const { url, collections } = server;
  const first = await openSession(url, (await addUser(collections)).email);
  const answers = await Promise.all([
    refresh(url, first.refresh, { 'user-agent': 'Firefox' }),
    refresh(other, first.refresh, { 'user-agent': 'node' }),
  ]);
  const all = answers.map(toTokens);
  t.is(new Set(all.map((tokens) => tokens.refresh)).size, 1);
  for (const { access } of all) t.is((await me(url, access)).status, 200);
  t.is((await refresh(url, first.refresh, { 'user-agent': 'curl' })).status, 200);
  t.like(await collections.sessions.findOne(), { counter: 1, graces: 2 });
});

test('A thief who comes while no successor was used is found when the second of the two comes back', async (t) => {
  const { url, collections } = await testServer(t);
  const first = await openSession(url, (await addUser(collections)).email);
  await refresh(url, first.refresh); // the owner's answer was lost
  const pass = () => age(collections, first.sessionId, 2 * MINUTE);
  await pass();
  const thief = toTokens(await refresh(url, first.refresh));
  t.is((await me(url, thief.access)).status, 200);
  await pass();
  t.is(toOutcome(await refresh(url, first.refresh)), refusal('refresh_token_reused'), 'the owner');
  t.is(toOutcome(await me(url, thief.access)), refusal('token_revoked'));
});

test('Access tokens carry the number of rotations before them, those of a login none', async (t) => {
  const { url, collections } = await testServer(t);
  const first = await openSession(url, (await addUser(collections)).email);
  t.false('counter' in readClaims(first.access));
  const second = toTokens(await refresh(url, first.refresh));
  t.is(readClaims(second.access)['counter'], 1);
  t.is(readClaims(toTokens(await refresh(url, first.refresh)).access)['counter'], 1);
});

test('A token is refused whose counter is of another type, and accepted without one', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const { access } = await openSession(url, (await addUser(collections)).email);
  for (const counter of ['1', -1, 1.5, null, 1e308, { $gt: 0 }, [1], true]) {
    const answer = await me(url, forge(access, secret, { claims: { counter } }));
    t.is(toOutcome(answer), refusal('invalid_token'), JSON.stringify(counter));
  }
  for (const counter of [undefined, 0, 1]) {
    t.is((await me(url, forge(access, secret, { claims: { counter } }))).status, 200);
  }
});
