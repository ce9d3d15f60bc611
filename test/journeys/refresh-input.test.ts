import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { createRefreshTokens } from '../../lib/tokens/refresh/refresh-tokens.ts';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { type Answer, post, send, testServer } from '../helpers/server.ts';
import { openSession, refresh } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

const MALFORMED = refusal('refresh_token_malformed');
const EXPIRED = refusal('refresh_token_expired');

async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  const { email } = await addUser(server.collections);
  return { ...server, tokens: await openSession(server.url, email) };
}

test('What is no refresh token of ours is malformed, and writes nothing', async (t) => {
  const { url, secret, collections, tokens } = await openFixture(t);
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
    t.is(toOutcome(await refresh(url, junk)), MALFORMED, name);
  }
  t.deepEqual(await collections.sessions.find().toArray(), before);

  const unknown = ours.issue({ sessionId: randomUUID(), counter: 0 });
  t.is(toOutcome(await refresh(url, unknown)), EXPIRED, 'well made, for a session that is gone');
});

test('A body that does not fit is refused, and no token is read elsewhere', async (t) => {
  const it = await openFixture(t);
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
    [{ refresh_token: token, user_id: 'x' }, surplus],
    [{ refresh_token: token.repeat(200) }, refusal('body_too_large')],
    [[token], refusal('malformed_body')],
    [token, refusal('malformed_body')],
    [null, refusal('malformed_body')],
  ];
  const answers: Answer[] = [];
  for (const [body, outcome] of rows) {
    const answer = await post(path, body);
    t.is(toOutcome(answer), outcome, JSON.stringify(body)?.slice(0, 80));
    answers.push(answer);
  }

  const elsewhere = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      cookie: `refresh_token=${token}`,
    },
  };
  const answer = await send(`${path}?refresh_token=${token}`, elsewhere);
  t.is(toOutcome(answer), refusal('malformed_body'));
  const form = new URLSearchParams({ refresh_token: token });
  const sent = await send(path, { method: 'POST', body: form });
  t.is(toOutcome(sent), refusal('unsupported_media_type'));
  t.false(isLeaked(token, [...answers, answer, sent], it));

  t.is((await refresh(it.url, token)).status, 200, 'nothing of this has used the token');
});

test('A refresh needs no access token, and reads none', async (t) => {
  const { url, tokens } = await openFixture(t);
  const answer = await refresh(url, tokens.refresh, { authorization: 'Bearer junk' });
  t.is(answer.status, 200);
});
