import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { createRefreshTokens } from '../../lib/tokens/refresh-tokens.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import {
  type Answer,
  post,
  send,
  sendAs,
  serve,
  type TestServer,
  testServer,
} from '../helpers/server.ts';
import { age, openSession, refresh, type Tokens, tokensOf } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';
import { JSON_TYPE } from './bad-bodies.ts';
import { isLeaked, outcomeOf, refusal } from './refusals.ts';

const MALFORMED = refusal('refresh_token_malformed');
const EXPIRED = refusal('refresh_token_expired');
const REVOKED = refusal('refresh_token_revoked');

interface Scene extends TestServer {
  readonly userId: string;
  readonly tokens: Tokens;
  /** Another session of the same user. */
  readonly beside: Tokens;
}

async function scene(t: ExecutionContext): Promise<Scene> {
  return enter(await testServer(t));
}

/** A user of the server who has logged in twice. */
async function enter(server: TestServer): Promise<Scene> {
  const { id: userId, email } = await addUser(server.collections);
  const beside = await openSession(server.url, email);
  return { ...server, userId, beside, tokens: await openSession(server.url, email) };
}

type Ending = (scene: Scene) => Promise<unknown>;

/** What ends a session, and what its refresh token is answered from then on. */
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

test('Once its session has ended a refresh token is refused, each time, and the code says why', async (t) => {
  const server = await testServer(t);
  for (const [what, [end, outcome]] of Object.entries(ENDINGS)) {
    const it = await enter(server);
    await end(it);
    for (let attempt = 0; attempt < 3; attempt++) {
      t.is(outcomeOf(await refresh(it.url, it.tokens.refresh)), outcome, what);
    }
  }
});

test('A refresh token that was exchanged a moment before its session was ended is refused with its successor', async (t) => {
  const { url, tokens } = await scene(t);
  const next = tokensOf(await refresh(url, tokens.refresh));
  await sendAs(next.access, `${url}/api/auth/logout`, 'POST');
  for (const token of [tokens.refresh, next.refresh]) {
    t.is(outcomeOf(await refresh(url, token)), REVOKED);
  }
});

test('A user who was disabled for a while goes on where the session was', async (t) => {
  const { url, collections, userId, tokens } = await scene(t);
  const disable = (disabled_at: Date | null) =>
    collections.users.updateOne({ _id: userId }, { $set: { disabled_at } });
  await disable(new Date());
  t.is(outcomeOf(await refresh(url, tokens.refresh)), REVOKED);
  await disable(null);
  const next = tokensOf(await refresh(url, tokens.refresh));
  t.is((await sendAs(next.access, `${url}/api/auth/me`)).status, 200);
});

test('A token of a previous secret is exchanged for one of the new secret; of a removed one it is malformed', async (t) => {
  const { url, uri, secret, tokens, collections } = await scene(t);
  const fresh = generateSecret();
  const environment = { MONGODB_URI: uri, JWT_SECRET_KEY: fresh };
  const renewed = await serve(t, { ...environment, JWT_SECRET_KEY_PREVIOUS: secret });
  const removed = await serve(t, environment);
  t.is(outcomeOf(await refresh(removed.url, tokens.refresh)), MALFORMED);

  const next = tokensOf(await refresh(renewed.url, tokens.refresh));
  await age(collections, tokens.sessionId, 2 * MINUTE);
  t.is(outcomeOf(await refresh(url, next.refresh)), MALFORMED, 'the old server lacks the secret');
  t.is((await refresh(removed.url, next.refresh)).status, 200);
});

test('A refresh token of a revoked key is refused', async (t) => {
  const { url, collections, tokens } = await scene(t);
  const [, kid] = tokens.refresh.split('.');
  const revoked = { kind: 'key', revoked_at: new Date(), writes: 1 } as const;
  await collections.revokedTokens.insertOne({ _id: `key:${kid}`, ...revoked });
  t.is(outcomeOf(await refresh(url, tokens.refresh)), REVOKED);
});

test('What is no refresh token of ours is malformed, and writes nothing', async (t) => {
  const { url, secret, collections, tokens } = await scene(t);
  const { refresh: token, sessionId } = tokens;
  const foreign = await createRefreshTokens([generateSecret()]);
  const ours = await createRefreshTokens([secret]);
  const before = await collections.sessions.find().toArray();
  const rows: Readonly<Record<string, string>> = {
    'an empty text': '',
    'white space': '   ',
    'the session': sessionId,
    'a token of a foreign secret': foreign.issue({ sessionId, counter: 0 }),
    'half a token': token.slice(0, token.length / 2),
    'a token and a space': `${token} `,
    'a token and a line end': `${token}\n`,
    'two tokens': `${token}${token}`,
    Bearer: `Bearer ${token}`,
    NUL: `${token}\0`,
    'a token in other letters': token.toUpperCase(),
    'the counter of another token': token.replace(/\.0\./, '.1.'),
    '512 letters': 'x'.repeat(512),
    '512 dots': '.'.repeat(512),
  };
  for (const [name, junk] of Object.entries(rows)) {
    t.is(outcomeOf(await refresh(url, junk)), MALFORMED, name);
  }
  t.deepEqual(await collections.sessions.find().toArray(), before);

  const unknown = ours.issue({ sessionId: randomUUID(), counter: 0 });
  t.is(outcomeOf(await refresh(url, unknown)), EXPIRED, 'well made, for a session that is gone');
});

test('A body that does not fit is refused, and no token is read elsewhere', async (t) => {
  const it = await scene(t);
  const path = `${it.url}/api/auth/refresh`;
  const token = it.tokens.refresh;
  const invalid = refusal('invalid_input', '/refresh_token');
  const surplus = refusal('invalid_input', '""');
  const rows: readonly [body: unknown, outcome: string][] = [
    [{}, invalid],
    [{ refreshToken: token }, `${invalid} ""`],
    [{ refresh_token: undefined }, invalid],
    [{ refresh_token: null }, invalid],
    [{ refresh_token: 12 }, invalid],
    [{ refresh_token: true }, invalid],
    [{ refresh_token: [] }, invalid],
    [{ refresh_token: [token] }, invalid],
    [{ refresh_token: {} }, invalid],
    [{ refresh_token: { $ne: null } }, invalid],
    [{ refresh_token: { toString: token } }, invalid],
    [{ refresh_token: 'x'.repeat(513) }, invalid],
    [{ refresh_token: it.tokens.access }, invalid],
    [{ refresh_token: `${token}${' '.repeat(10_000)}` }, invalid],
    [{ refresh_token: token, grant_type: 'refresh_token' }, surplus],
    [{ refresh_token: token, user_id: it.userId }, surplus],
    [{ refresh_token: token.repeat(200) }, refusal('body_too_large')],
    [[token], refusal('malformed_body')],
    [token, refusal('malformed_body')],
    [null, refusal('malformed_body')],
  ];
  const answers: Answer[] = [];
  for (const [body, outcome] of rows) {
    const answer = await post(path, body);
    t.is(outcomeOf(answer), outcome, JSON.stringify(body)?.slice(0, 80));
    answers.push(answer);
  }

  const elsewhere = {
    method: 'POST',
    headers: {
      ...JSON_TYPE,
      authorization: `Bearer ${token}`,
      cookie: `refresh_token=${token}`,
    },
  };
  const answer = await send(`${path}?refresh_token=${token}`, elsewhere);
  t.is(outcomeOf(answer), refusal('malformed_body'));
  const form = new URLSearchParams({ refresh_token: token });
  const sent = await send(path, { method: 'POST', body: form });
  t.is(outcomeOf(sent), refusal('unsupported_media_type'));
  t.false(isLeaked(token, [...answers, answer, sent], it));

  t.is((await refresh(it.url, token)).status, 200, 'nothing of this has used the token');
});

test('A refresh asks for no access token, and looks at none', async (t) => {
  const { url, tokens } = await scene(t);
  const answer = await refresh(url, tokens.refresh, { authorization: 'Bearer junk' });
  t.is(answer.status, 200);
});
