import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createAuth } from '../../lib/auth.ts';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { PATIENT } from '../helpers/auth.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { notedClient } from '../helpers/noted-client.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs, serveAuth } from '../helpers/server.ts';
import { age, openSession, refresh } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

/** A server whose every command at the database is noted, and a session at it. */
async function notedServer(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const { db, asked } = await notedClient(t, uri);
  const auth = await createAuth({ db, secrets: [generateSecret()], ...PATIENT });
  t.teardown(() => auth.close());
  const url = await serveAuth(t, auth);
  const tokens = await openSession(url, (await addUser(collections)).email);
  await sendAs(tokens.access, `${url}/api/auth/me`); // reads the epoch, once
  asked.length = 0;
  return { url, asked, collections, tokens };
}

test('A malformed refresh token costs the database nothing', async (t) => {
  const { url, asked, tokens } = await notedServer(t);
  for (const token of ['', 'junk', `${tokens.refresh}A`, tokens.refresh.replace('.0.', '.7.')]) {
    t.is(toOutcome(await refresh(url, token)), refusal('refresh_token_malformed'));
  }
  t.deepEqual(asked, []);
});

test('A good refresh costs one write and two reads, and so does one that is repeated', async (t) => {
  const { url, asked, tokens } = await notedServer(t);
  const { body } = await refresh(url, tokens.refresh);
  const [write, ...reads] = asked.splice(0);
  t.is(write, 'findAndModify sessions');
  t.deepEqual(reads.sort(), ['find revoked_tokens', 'find users']);

  await refresh(url, body.refresh_token);
  t.is(asked.splice(0).length, 3);
});

test('A retry costs no more before its answer: its audit event is nobody to wait for', async (t) => {
  const { url, asked, tokens } = await notedServer(t);
  await refresh(url, tokens.refresh);
  asked.length = 0;
  await refresh(url, tokens.refresh);
  await waitFor('The audit event', () => asked.length >= 4);
  t.deepEqual([...asked].sort(), [
    'find revoked_tokens',
    'find users',
    'findAndModify sessions',
    'insert audit_events',
  ]);
});

test('A refresh of an expired session is one command', async (t) => {
  const { url, asked, collections, tokens } = await notedServer(t);
  await collections.sessions.updateOne({}, { $set: { expires_at: new Date(Date.now() - 1) } });
  t.is(toOutcome(await refresh(url, tokens.refresh)), refusal('refresh_token_expired'));
  t.deepEqual(asked, ['findAndModify sessions']);
});

test('A request with an access token writes nothing on its way, and its use is noted once for many', async (t) => {
  const { url, asked, collections, tokens } = await notedServer(t);
  for (let request = 0; request < 20; request++) await sendAs(tokens.access, `${url}/api/auth/me`);
  t.deepEqual(
    asked.filter((command) => !command.startsWith('find ')),
    [],
  );
  t.is(asked.length, 40, 'what is revoked and the user, each time');

  await age(collections, tokens.sessionId, 10 * MINUTE, ['last_used_at']);
  await waitFor('A note of the use', () => asked.includes('update sessions'));
  for (let request = 0; request < 20; request++) await sendAs(tokens.access, `${url}/api/auth/me`);
  t.is(asked.filter((command) => command === 'update sessions').length, 1);
});

test('A list of sessions is two reads beside those of any request, however many there are', async (t) => {
  const { url, asked, collections, tokens } = await notedServer(t);
  const template = await collections.sessions.findOne();
  if (template === null) return t.fail();
  const more = Array.from({ length: 300 }, () => ({ ...template, _id: randomUUID() }));
  await collections.sessions.insertMany(more);
  const { body } = await sendAs(tokens.access, `${url}/api/auth/sessions`);
  t.is(body.sessions.length, 301);
  t.deepEqual(asked, ['find revoked_tokens', 'find users', 'find sessions', 'find revoked_tokens']);
});
