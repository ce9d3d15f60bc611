import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sessionEntry, signingKeyEntry, userEntry } from '../../lib/store/revocations/entry-ids.ts';
import { snapshotWithoutCounts } from '../helpers/admin.ts';
import { ageDeployment } from '../helpers/database.ts';
import { emptyFolder, rescind } from '../helpers/processes.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { openSession } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

/** Starts a server, with a user of two sessions. The command knows nothing of the server but its database. */
async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  await ageDeployment(server.collections);
  const user = await addUser(server.collections, { companyId: 'acme' });
  const {
    access: token,
    refresh: refreshToken,
    sessionId,
  } = await openSession(server.url, user.email);
  const other = await logIn(server.url, user.email);
  return { ...server, user, token, refreshToken, sessionId, other };
}

/** Runs `rescind revoke` on the server's database. */
function revoke(t: ExecutionContext, { uri }: TestServer, args: readonly string[], input = '') {
  return rescind(t, ['revoke', ...args], { env: { MONGODB_URI: uri }, input });
}

/** Returns the outcome of `GET /api/auth/me` with this token. */
const me = async (url: string, token: string) =>
  toOutcome(await sendAs(token, `${url}/api/auth/me`));

/** Reads the signing key that a token names. */
const readKeyId = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;

/** Runs a command twice: both runs write and succeed. Returns the line that each printed. */
async function revokeTwice(
  t: ExecutionContext,
  server: TestServer,
  args: readonly string[],
  input?: string,
) {
  const first = await revoke(t, server, args, input);
  t.deepEqual([first.code, first.stderr], [0, '']);
  t.regex(first.stdout, /^[^\n]+\n$/, 'one line');
  const again = await revoke(t, server, args, input);
  t.deepEqual([again.code, again.stderr], [0, '']);
  return { line: first.stdout.trimEnd(), again: again.stdout.trimEnd() };
}

/** The fields that all audit events of the command have in common. */
const OPERATOR = {
  actor_id: 'rescind revoke',
  ip: 'local',
  user_agent: 'rescind revoke',
  request_id: null,
};

function fileWith(t: ExecutionContext, text: string): string {
  const file = join(emptyFolder(t), 'token');
  writeFileSync(file, text);
  return file;
}

test.serial('revoke --user revokes every token of the user, with an audit event', async (t) => {
  const it = await openFixture(t);
  const { line, again } = await revokeTwice(t, it, ['--user', it.user.id]);
  t.is(line, `Revoked every token of the user ${it.user.id}: 2 live sessions ended.`);
  t.is(again, `Revoked every token of the user ${it.user.id}: 0 live sessions ended.`);
  for (const token of [it.token, it.other]) {
    t.is(await me(it.url, token), refusal('user_tokens_revoked'));
  }
  t.is(await me(it.url, await logIn(it.url, it.user.email)), '200');
  t.like(await it.collections.revokedTokens.findOne({ _id: userEntry(it.user.id) }), {
    reason: 'admin_requested',
    revoked_by: 'rescind revoke',
    writes: 2,
  });
  const events = await it.collections.auditEvents.find({ ip: 'local' }).sort({ at: 1 }).toArray();
  t.is(events.length, 2);
  t.like(events[0], {
    action: 'tokens_revoked_by_admin',
    user_id: it.user.id,
    company_id: 'acme',
    ...OPERATOR,
    details: { reason: 'admin_requested', sessions_ended: 2 },
  });
  const counts = await it.collections.dailyCounts.find({ _id: /:revocations$/ }).toArray();
  t.is(
    counts.reduce((sum, { n }) => sum + n, 0),
    2,
  );
});

test.serial('revoke --session revokes every token of the session, and no other', async (t) => {
  const it = await openFixture(t);
  const { line } = await revokeTwice(t, it, ['--session', it.sessionId]);
  const what = `every token of the session ${it.sessionId} of the user ${it.user.id}`;
  t.is(line, `Revoked ${what}: 1 live session ended.`);
  t.is(await me(it.url, it.token), refusal('token_revoked'));
  t.is(await me(it.url, it.other), '200');
  const entry = await it.collections.revokedTokens.findOne({ _id: sessionEntry(it.sessionId) });
  t.like(entry, { revoked_by: 'rescind revoke', writes: 2 });
  t.truthy((await it.collections.sessions.findOne({ _id: it.sessionId }))?.ended_at);
  t.like(await it.collections.auditEvents.findOne({ ip: 'local' }), {
    action: 'session_revoked',
    user_id: it.user.id,
    company_id: 'acme',
    ...OPERATOR,
    details: { reason: 'admin_requested', session_ids: [it.sessionId] },
  });
});

for (const [from, surround] of [
  ['a file', (token: string) => token],
  ['a file with spaces and line ends around it', (token: string) => `\uFEFF \n${token}\r\n\n`],
  ['standard input', undefined],
] as const) {
  test.serial(
    `revoke --token revokes the access token and its session, from ${from}`,
    async (t) => {
      const it = await openFixture(t);
      const file = surround === undefined ? '-' : fileWith(t, surround(it.token));
      const input = surround === undefined ? `${it.token}\n` : undefined;
      const { line } = await revokeTwice(t, it, ['--token', file], input);
      const what = `the token and its session ${it.sessionId} of the user ${it.user.id}`;
      t.is(line, `Revoked ${what} (signature not checked): 1 live session ended.`);
      t.is(await me(it.url, it.token), refusal('token_revoked'));
      t.is(await me(it.url, it.other), '200');
      const kinds = await it.collections.revokedTokens.distinct('kind', { writes: 2 });
      t.deepEqual(kinds.sort(), ['session', 'token']);
      t.like(await it.collections.auditEvents.findOne({ ip: 'local' }), {
        action: 'session_revoked',
        ...OPERATOR,
        details: { session_ids: [it.sessionId], token_revoked: true },
      });
    },
  );
}

test.serial('revoke --token takes a refresh token too, and revokes its session', async (t) => {
  const it = await openFixture(t);
  const { line } = await revokeTwice(t, it, ['--token', '-'], it.refreshToken);
  t.regex(line, new RegExp(`^Revoked every token of the session ${it.sessionId} .*: 1 live`));
  t.is(await me(it.url, it.token), refusal('token_revoked'));
  const refreshed = await post(`${it.url}/api/auth/refresh`, { refresh_token: it.refreshToken });
  t.like(refreshed, { status: 401, body: { code: 'refresh_token_revoked' } });
  t.is(await me(it.url, it.other), '200');
});

test.serial('revoke --key revokes whatever the key has signed', async (t) => {
  const it = await openFixture(t);
  const kid = readKeyId(it.token);
  const { line } = await revokeTwice(t, it, ['--key', kid]);
  t.is(
    line,
    `Revoked every token that the key ${kid} has signed or will sign: at most 2 live sessions ended. ` +
      'Nobody can log in at a server that signs with this key. Set another JWT_SECRET_KEY or JWT_PRIVATE_KEY on that server.',
  );
  for (const token of [it.token, it.other, await logIn(it.url, it.user.email)]) {
    t.is(await me(it.url, token), refusal('token_revoked'));
  }
  const entry = await it.collections.revokedTokens.findOne({ _id: signingKeyEntry(kid) });
  t.like(entry, { kind: 'key', revoked_by: 'rescind revoke', writes: 2 });
  t.like(await it.collections.auditEvents.findOne({ ip: 'local' }), {
    action: 'key_revoked',
    user_id: null,
    ...OPERATOR,
    details: { reason: 'admin_requested', kid },
  });
});

test.serial(
  'revoke --everyone revokes every token there is, and logins right after work',
  async (t) => {
    const it = await openFixture(t);
    const stranger = await logIn(it.url, (await addUser(it.collections)).email);
    const { line, again } = await revokeTwice(t, it, ['--everyone']);
    t.is(line, 'Revoked every token of everyone: 3 live sessions ended.');
    t.is(again, 'Revoked every token of everyone: 0 live sessions ended.');
    for (const token of [it.token, it.other, stranger]) {
      t.is(await me(it.url, token), refusal('user_tokens_revoked'));
    }
    t.is(await me(it.url, await logIn(it.url, it.user.email)), '200');
    t.like(await it.collections.auditEvents.findOne({ ip: 'local' }), {
      action: 'everyone_revoked',
      user_id: null,
      ...OPERATOR,
      details: { reason: 'admin_requested', sessions_ended: 3 },
    });
  },
);

test.serial('revoke --dry-run prints what would happen, and changes nothing', async (t) => {
  const it = await openFixture(t);
  const { user, sessionId, token, refreshToken } = it;
  const kid = readKeyId(token);
  const before = await snapshotWithoutCounts(it.db);
  for (const [args, expected, input] of [
    [['--user', user.id], `every token of the user ${user.id}: 2 live sessions`],
    [['--session', sessionId], /^every token of the session .*: 1 live session$/],
    [['--token', '-'], /^the token and its session .*: 1 live session$/, token],
    [['--token', '-'], /^every token of the session .*: 1 live session$/, refreshToken],
    [['--key', kid], /^every token that the key .*: at most 2 live sessions$/],
    [['--everyone'], 'every token of everyone: 2 live sessions'],
  ] as const) {
    const { code, stdout, stderr } = await revoke(t, it, ['--dry-run', ...args], input);
    t.deepEqual([code, stderr], [0, ''], args.join(' '));
    const [, what = stdout] =
      /^Would revoke (.*) would end\. Nothing was changed\.[^\n]*\n$/.exec(stdout) ?? [];
    if (typeof expected === 'string') t.is(what, expected);
    else t.regex(what, expected);
    t.false(stdout.includes(token.split('.')[2] ?? ''));
  }
  t.deepEqual(await snapshotWithoutCounts(it.db), before);
  for (const living of [token, it.other]) t.is(await me(it.url, living), '200');
});

test.serial('revoke --token takes a token whose session and user are gone', async (t) => {
  const it = await openFixture(t);
  await it.collections.sessions.deleteMany({});
  await it.collections.users.deleteMany({});
  const { code, stdout } = await revoke(t, it, ['--token', '-'], it.token);
  t.is(code, 0);
  t.regex(stdout, /: 0 live sessions ended\.$/m);
  t.is(await me(it.url, it.token), refusal('token_revoked'));
});
