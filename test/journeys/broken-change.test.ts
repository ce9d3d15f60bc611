import test, { type ExecutionContext } from 'ava';
import { type Fault, underFault } from '../helpers/failpoint.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from './change-password.ts';

const TOO_SLOW = { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } };
const LOST = { closeConnection: true };

interface Break {
  readonly command: string;
  readonly collection: string;
  readonly how: object;
  /** The driver tries some writes again by itself, so these have to fail twice. */
  readonly times: number;
}

interface Fixture extends TestServer {
  readonly email: string;
  readonly tokens: readonly [string, string];
  /** The change, while one write of it fails. */
  broken(write: Break): Promise<string>;
  again(): Promise<string>;
}

async function openFixture(t: ExecutionContext): Promise<Fixture> {
  const server = await testServer(t);
  const { url, collections, db } = server;
  const { email } = await addUser(collections);
  const tokens = [await logIn(url, email), await logIn(url, email)] as const;
  const again = async () => {
    const answer = await changePassword(url, tokens[0]);
    const { code } = answer.body;
    return code === undefined ? String(answer.status) : `${answer.status} ${code}`;
  };
  const broken = ({ command, collection, how, times }: Break) => {
    const namespace = `${db.databaseName}.${collection}`;
    const fault: Fault = { mode: { times }, failCommands: [command], namespace, ...how };
    return underFault(fault, again);
  };
  return { ...server, email, tokens, broken, again };
}

/** Only the new password logs in, and no token from before the change works. */
async function assertComplete(t: ExecutionContext, { url, email, tokens }: Fixture): Promise<void> {
  const old = await post(`${url}/api/auth/login`, { email, password: PASSWORD });
  t.is(toOutcome(old), refusal('invalid_credentials'));
  for (const token of tokens) {
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  }
  const fresh = await logIn(url, email, NEW_PASSWORD);
  t.is((await sendAs(fresh, `${url}/api/auth/me`)).status, 200);
}

const COMPLETED_BY_AGAIN: Readonly<Record<string, Break>> = {
  'before the hash is written': { command: 'update', collection: 'users', how: LOST, times: 2 },
  'while the hash is written, which happens all the same': {
    command: 'update',
    collection: 'users',
    how: TOO_SLOW,
    times: 1,
  },
  'between the hash and the cutoff': {
    command: 'findAndModify',
    collection: 'revoked_tokens',
    how: LOST,
    times: 2,
  },
};

// Serial, because a mongod has one failCommand for all.
for (const [when, write] of Object.entries(COMPLETED_BY_AGAIN)) {
  test.serial(
    `A change that breaks ${when} is 503, and the same request again completes it`,
    async (t) => {
      const it = await openFixture(t);
      t.is(await it.broken(write), '503 store_unavailable');
      t.is((await sendAs(it.tokens[1], `${it.url}/api/auth/me`)).status, 200, 'nothing is revoked');
      t.is(await it.again(), '200');
      await assertComplete(t, it);
    },
  );
}

const COMPLETE_ALREADY: Readonly<Record<string, Break>> = {
  'while the cutoff is written, which happens all the same': {
    command: 'findAndModify',
    collection: 'revoked_tokens',
    how: TOO_SLOW,
    times: 1,
  },
  'before the new session is written': {
    command: 'insert',
    collection: 'sessions',
    how: LOST,
    times: 2,
  },
};

for (const [when, write] of Object.entries(COMPLETE_ALREADY)) {
  test.serial(
    `A change that breaks ${when} is 503, and then complete: the token is revoked`,
    async (t) => {
      const it = await openFixture(t);
      t.is(await it.broken(write), '503 store_unavailable');
      t.is(await it.again(), '401 user_tokens_revoked');
      await assertComplete(t, it);
    },
  );
}

test.serial(
  'A change that was not decided is no failure: with one left it can be tried again',
  async (t) => {
    const server = await testServer(t, { LOGIN_FAILURES_PER_ACCOUNT: '1/15m' });
    const { url, collections, db } = server;
    const token = await logIn(url, (await addUser(collections)).email);
    const fault: Fault = {
      mode: { times: 2 },
      failCommands: ['update'],
      namespace: `${db.databaseName}.users`,
      closeConnection: true,
    };
    const first = await underFault(fault, () => changePassword(url, token));
    t.is(first.body.code, 'store_unavailable');
    t.is((await changePassword(url, token)).status, 200);
  },
);

test.serial('With the database gone a change is 503, and nothing is lost', async (t) => {
  const { url, collections, db } = await testServer(t);
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  const fault: Fault = {
    mode: { skip: 0 },
    failCommands: ['find', 'aggregate'],
    namespace: `${db.databaseName}.users`,
    closeConnection: true,
  };
  const answer = await underFault(fault, () => changePassword(url, token));
  t.like(answer, { status: 503, body: { code: 'store_unavailable' } });
  t.truthy(answer.headers.get('retry-after'));
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  await t.notThrowsAsync(logIn(url, email));
});
