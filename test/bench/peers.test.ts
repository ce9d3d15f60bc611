import { createHash, createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { Environment } from '../../scripts/bench/environment.ts';
import { openRedis } from '../../scripts/bench/redis.ts';
import { ROWS, type Row } from '../../scripts/bench/rows.ts';
import { type RowServer, startRowServer } from '../../scripts/bench/servers.ts';
import { AUDIENCE, ISSUER } from '../../scripts/bench/tokens.ts';
import { onPath } from '../../scripts/dev/mongod/on-path.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { emptyDatabase } from '../helpers/database.ts';

const SECRET = 'the secret of a check, as long as one should be';
const NOBODY = {
  email: 'john.doe@testcompany.com',
  name: 'John Doe',
  company_id: 'testcompany',
  roles: [] as string[],
};

const hasRedis = (await onPath('redis-server', process.env)) !== undefined;
const seconds = () => Math.floor(Date.now() / 1000);

function newUser(disabled_at: Date | null = null) {
  const _id = randomUUID();
  const email = `${_id.slice(0, 8)}@testcompany.com`;
  return { _id, email, name: `John ${_id}`, company_id: 'acme', roles: ['admin'], disabled_at };
}

interface Changes {
  readonly claims?: object;
  readonly head?: object;
  readonly secret?: string;
}

/** Signs a token as rescind does, for an hour, with changes that make it a wrong one. */
function sign(sub: string, { claims, head, secret = SECRET }: Changes = {}): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const now = seconds();
  const subject = { sub, sid: randomUUID(), client_id: 'rescind', jti: randomUUID() };
  const times = { iat: now, exp: now + 3600, auth_time: now, stamp: now * 1000 };
  const issued = { iss: ISSUER, aud: AUDIENCE, ...subject, ...times, type: 'access', ...claims };
  const signed = `${encode({ alg: 'HS256', kid: 'check', typ: 'at+jwt', ...head })}.${encode(issued)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function read(token: string): { readonly jti: string; readonly sid: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

const WRONG_TOKENS: Readonly<Record<string, () => Changes>> = {
  'an expired token': () => ({ claims: { exp: seconds() - 1 } }),
  'a wrong signature': () => ({ secret: 'another secret, as long as one should be' }),
  'a wrong issuer': () => ({ claims: { iss: 'somebody' } }),
  'a wrong audience': () => ({ claims: { aud: 'somebody' } }),
  'another algorithm': () => ({ head: { alg: 'HS512' } }),
  'no algorithm': () => ({ head: { alg: 'none' } }),
};

/** Starts a peer on a database and a Redis of its own, where a token and all older ones of a user are revoked. */
async function startPeer(t: ExecutionContext, row: Row) {
  const { uri, db } = emptyDatabase(t);
  const users = Array.from({ length: 200 }, () => newUser());
  const disabled = newUser(new Date());
  const [user, loggedOut, cutOff] = users as [User, User, User];
  const revoked = sign(loggedOut._id);
  const cutAt = seconds() - 10;
  const hash = createHash('sha256').update(revoked).digest('hex');
  const revoked_before = new Date(cutAt * 1000);
  await db.collection<User>('users').insertMany([...users, disabled]);
  await db.collection<{ _id: string }>('naive_revoked_tokens').insertOne({ _id: hash });
  const cutoffs = db.collection<{ _id: string; revoked_before: Date }>('naive_user_cutoffs');
  await cutoffs.insertOne({ _id: cutOff._id, revoked_before });
  const commands = [
    `SET revoked:${read(revoked).jti} 1`,
    `SET revoked_before:${cutOff._id} ${cutAt}`,
  ];
  const redis = row.revocations === 'redis' ? await openRedis(commands, silentReport) : undefined;
  t.teardown(async () => redis?.stop());
  const pinning = { lists: undefined, description: '' };
  const environment = { databaseUri: () => uri, redis, secret: SECRET, pinning };
  const server = await startRowServer(row, environment as unknown as Environment);
  t.teardown(server.stop);
  return { server, redis, db, users, user, disabled, loggedOut, cutOff, cutAt, revoked };
}

type User = ReturnType<typeof newUser>;

/** Sends GET /me on a connection of its own. */
async function ask({ port }: RowServer, headers: Record<string, string> = {}) {
  const request = get(`http://127.0.0.1:${port}/api/auth/me`, { agent: false, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = await response.toArray();
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

async function readStatus(server: RowServer, token: string): Promise<number | undefined> {
  return (await ask(server, { Authorization: `Bearer ${token}` })).status;
}

for (const row of ROWS.filter(
  ({ id, checks, peer }) => checks !== 'nothing' && id !== 'better-auth' && peer,
)) {
  const check = row.revocations === 'redis' && !hasRedis ? test.skip : test;

  check(`${row.name}: who is let in, who is not`, async (t) => {
    const peer = await startPeer(t, row);
    const { server, users, user } = peer;
    for (const each of users.slice(2, 4)) {
      const token = sign(each._id);
      const { status, body } = await ask(server, { Authorization: `Bearer ${token}` });
      const { email, name, company_id, roles } = row.userLoad === 'none' ? NOBODY : each;
      const own = { id: each._id, email, name, company_id, roles, session_id: read(token).sid };
      t.deepEqual({ status, body: JSON.parse(body) }, { status: 200, body: own });
    }
    const { cpu, memory } = await server.usage();
    t.true(cpu.user > 0 && memory.rss > 0);
    t.is((await ask(server)).status, 401, 'no token');
    t.is(await readStatus(server, 'junk'), 401, 'junk');
    for (const [what, changes] of Object.entries(WRONG_TOKENS)) {
      t.is(await readStatus(server, sign(user._id, changes())), 401, what);
    }
    const { loggedOut, cutOff, cutAt, revoked, disabled } = peer;
    const older = sign(cutOff._id, { claims: { iat: cutAt } });
    const refusal = row.checks === 'revocation' ? 401 : 200;
    t.is(await readStatus(server, revoked), refusal, 'a revoked token');
    t.is(await readStatus(server, sign(loggedOut._id)), 200, 'another token of that user');
    if (row.checks === 'revocation')
      t.is(await readStatus(server, older), 401, 'before the cutoff');
    t.is(await readStatus(server, sign(cutOff._id)), 200, 'after the cutoff');
    if (row.userLoad !== 'none') {
      t.is(await readStatus(server, sign(disabled._id)), 401, 'a disabled user');
      t.is(await readStatus(server, sign(randomUUID())), 401, 'a missing user');
    }
    const crowd = await Promise.all(
      users.map(async ({ _id }) => {
        const { body } = await ask(server, { Authorization: `Bearer ${sign(_id)}` });
        return JSON.parse(body).id === _id;
      }),
    );
    t.true(crowd.every(Boolean), 'many users at once');
    await peer.redis?.stop();
    if (peer.redis) t.is(await readStatus(server, sign(user._id)), 503, 'without Redis');
  });
}

test('bare Koa: answers everybody', async (t) => {
  const { server } = await startPeer(t, ROWS.find(({ id }) => id === 'bare') as Row);
  const { status, body } = await ask(server);
  t.is(status, 200);
  t.deepEqual(Object.keys(JSON.parse(body)), ['id', ...Object.keys(NOBODY), 'session_id']);
});

test('better-auth: who is let in, who is not', async (t) => {
  const row = ROWS.find(({ id }) => id === 'better-auth') as Row;
  const { server, db } = await startPeer(t, row);
  const { headers, headerName } = await server.seed(200);
  const answers = await Promise.all(headers.map((value) => ask(server, { [headerName]: value })));
  const ids = answers.map(({ status, body }) => (status === 200 ? JSON.parse(body).id : undefined));
  t.is(new Set(ids.filter(Boolean)).size, 200);
  const [first = '', second = '', third = ''] = headers;
  const tokenIn = (cookie: string) => cookie.split('=')[1]?.split('.')[0];
  const sessions = db.collection('session');
  await sessions.deleteOne({ token: tokenIn(first) });
  await sessions.updateOne({ token: tokenIn(second) }, { $set: { expiresAt: new Date(0) } });
  t.is((await ask(server)).status, 401, 'no cookie');
  for (const cookie of [first, second, `${third.split('.')[0]}.forged`]) {
    t.is((await ask(server, { [headerName]: cookie })).status, 401, cookie);
  }
  t.is((await ask(server, { [headerName]: third })).status, 200, 'the session after');
});
