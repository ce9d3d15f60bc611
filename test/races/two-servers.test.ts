import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createRevocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import type { User } from '../../lib/store/users.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { ageDeployment, migratedDatabase } from '../helpers/database.ts';
import { logIn, post, sendAs, serve } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { type Point, race, upTo } from './barriers.ts';
import { NEW_PASSWORD } from './change-password-race.ts';
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

/** One login here with the old password, one change there, and one login here with the new password. */
async function raceChangePassword(deployment: Deployment, user: User, index: number) {
  const { here, there } = deployment;
  const { email } = user;
  const older = await logIn(there, email);
  let changed: Promise<string> | undefined;
  const change = () => {
    changed ??= changePassword(there, older);
    return changed;
  };
  // The change has two passwords to work on: now and then the login waits for it, so as not to win always.
  const login = async () => {
    await (index % 3 === 2 ? change() : pause(upTo(300)));
    return post(`${here}/api/auth/login`, { email, password: PASSWORD });
  };
  const { result, begunAt, answeredAt } = await race(
    momentOf(['before', 'answer', 'before'], index),
    login,
    async () => void (await change()),
  );
  const isGranted = result.status === 200;
  const old = isGranted ? await statusOf(deployment, result.body.access_token) : result.status;
  const fresh = await statusOf(deployment, await logIn(here, email, NEW_PASSWORD));
  const isDead = old === (isGranted ? '401 and 401' : 401);
  const isAlive = fresh === '200 and 200' && (await statusOf(deployment, await change())) === fresh;
  const isOrdered = isGranted ? answeredAt !== 'before' : begunAt !== 'answer';
  const fault = isDead && isAlive && isOrdered ? undefined : { old, fresh, begunAt, answeredAt };
  return { fault, order: isGranted ? 'the login came first' : 'the change came first' };
}

async function changePassword(url: string, token: string): Promise<string> {
  const body = { current_password: PASSWORD, new_password: NEW_PASSWORD };
  const authorization = `Bearer ${token}`;
  const answer = await post(`${url}/api/auth/change-password`, body, { authorization });
  if (answer.status !== 200) throw new Error(`The change was answered ${answer.status}`);
  return answer.body.access_token;
}

for (const [title, raceOnce] of [
  ['Login × revoke-all holds over HTTP with two servers on one database', raceRevokeAll],
  ['Login × change-password holds over HTTP with two servers on one database', raceChangePassword],
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
