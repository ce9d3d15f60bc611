import test, { type ExecutionContext } from 'ava';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs, serve, type TestServer, testServer } from '../helpers/server.ts';
import { age, openSession, refresh, type Tokens, toTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

const MALFORMED = refusal('refresh_token_malformed');
const EXPIRED = refusal('refresh_token_expired');
const REVOKED = refusal('refresh_token_revoked');

interface Fixture extends TestServer {
  readonly userId: string;
  readonly tokens: Tokens;
  /** Another session of the same user. */
  readonly beside: Tokens;
}

async function openFixture(t: ExecutionContext): Promise<Fixture> {
  return enter(await testServer(t));
}

/** A user of the server who has logged in twice. */
async function enter(server: TestServer): Promise<Fixture> {
  const { id: userId, email } = await addUser(server.collections);
  const beside = await openSession(server.url, email);
  return { ...server, userId, beside, tokens: await openSession(server.url, email) };
}

type Ending = (fixture: Fixture) => Promise<unknown>;

/** Ways to end a session, and the answer to its refresh token from then on. */
const ENDINGS: Readonly<Record<string, readonly [ending: Ending, outcome: string]>> = {
  'a logout': [
    ({ url, tokens }) => sendAs(tokens.access, `${url}/api/auth/logout`, 'POST'),
    REVOKED,
  ],
  'a revoke-all': [
    ({ url, tokens }) => sendAs(tokens.access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
    REVOKED,
  ],
  'a revoke-all from another session': [
    ({ url, beside }) => sendAs(beside.access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
    REVOKED,
  ],
  'being ended from another session': [
    ({ url, beside, tokens }) =>
      sendAs(beside.access, `${url}/api/auth/sessions/${tokens.sessionId}`, 'DELETE'),
    REVOKED,
  ],
  'being one of the others that were ended': [
    ({ url, beside }) => sendAs(beside.access, `${url}/api/auth/sessions/revoke-others`, 'POST'),
    REVOKED,
  ],
  'a cutoff for the whole deployment': [
    ({ collections }) =>
      collections.revokedTokens.updateOne(
        { kind: 'deployment' },
        { $max: { revoked_before: new Date(Date.now() + HOUR) } },
      ),
    REVOKED,
  ],
  'a user who was disabled': [
    ({ collections, userId }) =>
      collections.users.updateOne({ _id: userId }, { $set: { disabled_at: new Date() } }),
    REVOKED,
  ],
  'a user who was deleted': [
    ({ collections, userId }) => collections.users.deleteOne({ _id: userId }),
    REVOKED,
  ],
  'a time without refreshes': [
    ({ collections, tokens }) => age(collections, tokens.sessionId, 8 * DAY, ['expires_at']),
    EXPIRED,
  ],
  'its end': [
    ({ collections, tokens }) => age(collections, tokens.sessionId, 31 * DAY, ['ends_at']),
    EXPIRED,
  ],
  'being deleted': [
    ({ collections, tokens }) => collections.sessions.deleteOne({ _id: tokens.sessionId }),
    EXPIRED,
  ],
};

test('Once its session has ended a refresh token is refused each time, with a code for the reason', async (t) => {
  const server = await testServer(t);
  for (const [what, [end, outcome]] of Object.entries(ENDINGS)) {
    const it = await enter(server);
    await end(it);
    for (let attempt = 0; attempt < 3; attempt++) {
      t.is(toOutcome(await refresh(it.url, it.tokens.refresh)), outcome, what);
    }
  }
});

test('A refresh token that was exchanged a moment before its session was ended is refused with its successor', async (t) => {
  const { url, tokens } = await openFixture(t);
  const next = toTokens(await refresh(url, tokens.refresh));
  await sendAs(next.access, `${url}/api/auth/logout`, 'POST');
  for (const token of [tokens.refresh, next.refresh]) {
    t.is(toOutcome(await refresh(url, token)), REVOKED);
  }
});

test('A user who was disabled for a while goes on where the session was', async (t) => {
  const { url, collections, userId, tokens } = await openFixture(t);
  const disable = (disabled_at: Date | null) =>
    collections.users.updateOne({ _id: userId }, { $set: { disabled_at } });
  await disable(new Date());
  t.is(toOutcome(await refresh(url, tokens.refresh)), REVOKED);
  await disable(null);
  const next = toTokens(await refresh(url, tokens.refresh));
  t.is((await sendAs(next.access, `${url}/api/auth/me`)).status, 200);
});

test('A token of a previous secret is exchanged for one of the new secret; of a removed one it is malformed', async (t) => {
  const { url, uri, secret, tokens, collections } = await openFixture(t);
  const fresh = generateSecret();
  const environment = { MONGODB_URI: uri, JWT_SECRET_KEY: fresh };
  const renewed = await serve(t, { ...environment, JWT_SECRET_KEY_PREVIOUS: secret });
  const removed = await serve(t, environment);
  t.is(toOutcome(await refresh(removed.url, tokens.refresh)), MALFORMED);

  const next = toTokens(await refresh(renewed.url, tokens.refresh));
  await age(collections, tokens.sessionId, 2 * MINUTE);
  t.is(toOutcome(await refresh(url, next.refresh)), MALFORMED, 'the old server lacks the secret');
  t.is((await refresh(removed.url, next.refresh)).status, 200);
});

test('A refresh token of a revoked key is refused', async (t) => {
  const { url, collections, tokens } = await openFixture(t);
  const [, kid] = tokens.refresh.split('.');
  const revoked = { kind: 'key', revoked_at: new Date(), writes: 1, fenced_writes: 1 } as const;
  await collections.revokedTokens.insertOne({ _id: `key:${kid}`, ...revoked });
  t.is(toOutcome(await refresh(url, tokens.refresh)), REVOKED);
});
