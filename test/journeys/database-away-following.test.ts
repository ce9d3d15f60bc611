/** A server process that follows a database which stops answering, and goes on later. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import type { OwnMongod } from '../helpers/mongod.ts';
import { startServerProcess } from '../helpers/processes.ts';
import { type Answer, logIn, post, sendAs } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';
import { assertUnavailable, openBreakable } from './database-away.ts';
import { untilHeld } from './leases.ts';

interface Times {
  readonly lease: number;
  readonly deadline: number;
}

interface Fixture extends Times {
  readonly mongod: OwnMongod;
  readonly url: string;
  readonly email: string;
  readonly known: readonly string[];
  /** A token that the server has issued, and never checked. */
  readonly unknown: string;
  /** A known token for a logout. */
  readonly leaving: string;
  readonly revoked: string;
}

const me = (url: string, token: string) => sendAs(token, `${url}/api/auth/me`);
const logOut = (url: string, token: string) => sendAs(token, `${url}/api/auth/logout`, 'POST');

async function openFixture(t: ExecutionContext, { lease, deadline }: Times): Promise<Fixture> {
  const { mongod, email } = await openBreakable(t);
  const { url } = await startServerProcess(t, {
    MONGODB_URI: mongod.uri,
    JWT_SECRET_KEY: generateSecret(),
    FOLLOW: 'auto',
    FOLLOWER_LEASE: `${lease}ms`,
    REQUEST_DEADLINE: `${deadline}ms`,
  });
  const open = () => logIn(url, email);
  const known = [await open(), await open(), await open()];
  const [unknown, leaving, revoked] = [await open(), await open(), await open()];
  t.is((await logOut(url, revoked)).status, 200);
  return { mongod, url, lease, deadline, email, known, unknown, leaving, revoked };
}

/** Stops the mongod soon after a renewal of the lease, and returns the moment after that. */
async function freeze({ mongod, url, lease, known, leaving }: Fixture): Promise<number> {
  await untilHeld(url);
  for (const token of [...known, leaving]) {
    await waitFor('A token', async () => (await me(url, token)).status === 200);
  }
  await untilHeld(url, 0.8 * lease);
  mongod.freeze();
  return performance.now();
}

/** Returns the requests that cannot be answered without the database. */
function needDatabase({
  url,
  email,
  unknown,
  leaving,
  revoked,
}: Fixture): [string, () => Promise<Answer>][] {
  return [
    ['an unknown token', () => me(url, unknown)],
    ['a revoked token', () => me(url, revoked)],
    ['a login', () => post(`${url}/api/auth/login`, { email, password: PASSWORD })],
    ['a logout', () => logOut(url, leaving)],
  ];
}

/** Checks that everything is as it was, once the database is back. */
async function assertRecovers(t: ExecutionContext, it: Fixture): Promise<void> {
  const { url, lease, email, known, unknown, leaving, revoked } = it;
  await untilHeld(url, lease / 2); // it was renewed
  for (const token of [...known, unknown, await logIn(url, email)]) {
    t.is((await me(url, token)).status, 200);
  }
  t.is((await logOut(url, leaving)).status, 200);
  for (const token of [leaving, revoked]) {
    t.is((await me(url, token)).body.code, 'token_revoked');
  }
}

test('known tokens do not notice a database that is away for less than half a lease', async (t) => {
  const it = await openFixture(t, { lease: 8_000, deadline: 12_000 });
  const { mongod, url, lease, deadline, known } = it;
  const frozenAt = await freeze(it);
  let isBack = false;
  const others = needDatabase(it).map(async ([name, request]) => {
    const started = loopTime();
    const { status } = await request();
    const took = loopTime() - started;
    const allowed = isBack ? [200, name === 'a revoked token' ? 401 : 200, 503] : [503];
    t.true(allowed.includes(status), `${name} answered ${status}`);
    t.true(took < deadline, `${name} took ${took} ms`);
  });
  while (performance.now() < frozenAt + 0.4 * lease) {
    for (const token of known) {
      const started = loopTime();
      t.is((await me(url, token)).status, 200);
      t.true(loopTime() - started < lease / 4, 'it waits for nothing');
    }
    await sleep(5);
  }
  isBack = true;
  mongod.thaw();
  await Promise.all(others);
  await assertRecovers(t, it);
});

test('a database that is away for longer means 503 for known tokens, too, from the end of the lease on', async (t) => {
  const it = await openFixture(t, { lease: 2_000, deadline: 4_000 });
  const { mongod, url, lease, deadline, known } = it;
  const frozenAt = await freeze(it);
  const others = needDatabase(it).map(([name, request]) =>
    assertUnavailable(t, name, request, deadline),
  );
  const knownOnes = known.map(async (token) => {
    while (performance.now() < frozenAt + lease) {
      t.true([200, 503].includes((await me(url, token)).status));
      await sleep(5);
    }
    await assertUnavailable(t, 'a known token', () => me(url, token), deadline);
  });
  await Promise.all([...others, ...knownOnes]);
  mongod.thaw();
  await assertRecovers(t, it);
});
