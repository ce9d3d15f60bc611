import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createRevocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { createUsers, type User } from '../../lib/store/users.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { logIn, post, sendAs, serve } from '../helpers/server.ts';
import { addUser, PASSWORD, PASSWORD_HASH } from '../helpers/users.ts';
import { type Point, race, upTo } from './barriers.ts';
import { NEW_HASH, NEW_PASSWORD } from './changed-hash-race.ts';
import { ageDeployment } from './login-parts.ts';
import { assertBothOrders, repeat } from './repeat.ts';

const ROUNDS = 20;

/** Two servers of one deployment, and a hand in its database. */
async function openDeployment(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const environment = {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: generateSecret(),
    REQUEST_DEADLINE: '60s',
  };
  const here = await serve(t, environment);
  const there = await serve(t, environment);
  return {
    collections,
    here: here.url,
    there: there.url,
    users: createUsers(collections),
    revocations: createRevocations(collections, createSchema(collections)),
  };
}

type Deployment = Awaited<ReturnType<typeof openDeployment>>;

function momentOf(points: readonly Point[], index: number) {
  const after = points[index % points.length] ?? 'start';
  return { after, delay: upTo(15), isBarrier: false };
}

/** What `/me` says of the token, asked of both servers. */
async function statusOf({ here, there }: Deployment, token: string): Promise<string> {
  const answers = await Promise.all(
    [here, there].map((url) => sendAs(token, `${url}/api/auth/me`)),
  );
  return answers.map(({ status }) => status).join(' and ');
}

/** One login here and one revoke-all there, and the order they took as the token's stamp tells it. */
async function raceRevokeAll(deployment: Deployment, user: User, index: number) {
  const { here, there, revocations } = deployment;
  const older = await logIn(there, user.email);
  const { result, begunAt, answeredAt } = await race(
    momentOf(['before', 'start', 'answer'], index),
    () => pause(upTo(60)).then(() => logIn(here, user.email)),
    async () => {
      const { status } = await sendAs(older, `${there}/api/auth/revoke-all-tokens`, 'POST');
      if (status !== 200) throw new Error(`The revoke-all was answered ${status}`);
    },
  );
  const status = await statusOf(deployment, result);
  const cutoff = (await revocations.cutoffs(user.id)).user;
  const isNewer = stampOf(result) === cutoff + 1;
  const isFair = status === (isNewer ? '200 and 200' : '401 and 401');
  const isOrdered = isNewer ? begunAt !== 'answer' : answeredAt !== 'before';
  const fault = isFair && isOrdered ? undefined : { status, isNewer, begunAt, answeredAt };
  return { fault, order: isNewer ? 'the revoke-all came first' : 'the login came first' };
}

function stampOf(token: string): number {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).stamp;
}

/** One login here with the old password, one change in the database, one login there with the new password. */
async function raceChangedHash(deployment: Deployment, user: User, index: number) {
  const { here, there, users, revocations } = deployment;
  const { email, id } = user;
  const { result, begunAt, answeredAt } = await race(
    momentOf(['start', 'answer'], index),
    () => post(`${here}/api/auth/login`, { email, password: PASSWORD }),
    async () => {
      await users.replaceHash(id, PASSWORD_HASH, NEW_HASH);
      await revocations.revokeUser({ userId: id, reason: 'password_changed', revokedBy: id });
    },
  );
  const isGranted = result.status === 200;
  const old = isGranted ? await statusOf(deployment, result.body.access_token) : result.status;
  const fresh = await statusOf(deployment, await logIn(there, email, NEW_PASSWORD));
  const isFair = old === (isGranted ? '401 and 401' : 401) && fresh === '200 and 200';
  const isOrdered = isGranted ? answeredAt !== 'before' : begunAt !== 'answer';
  const fault = isFair && isOrdered ? undefined : { old, fresh, begunAt, answeredAt };
  return { fault, order: isGranted ? 'the login came first' : 'the change came first' };
}

for (const [title, raceOnce] of [
  ['Login × revoke-all holds over HTTP with two servers on one database', raceRevokeAll],
  ['Login × a changed hash holds over HTTP with two servers on one database', raceChangedHash],
] as const) {
  test(title, async (t) => {
    const deployment = await openDeployment(t);
    const races = await repeat(t, ROUNDS, async (index) => {
      const user = await addUser(deployment.collections);
      return raceOnce(deployment, user, index);
    });
    t.deepEqual(
      races.flatMap(({ fault }) => fault ?? []),
      [],
    );
    assertBothOrders(
      t,
      races.map(({ order }) => order),
    );
  });
}
