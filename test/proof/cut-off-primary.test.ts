/** The primary is cut off from the others, and one of two servers reaches nobody but it. */
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { type ServerProcess, startServerProcess } from '../helpers/processes.ts';
import { logIn, send, sendAs } from '../helpers/server.ts';
import { ownReplicaSet, type ReplicaSet } from '../helpers/set/replica-set.ts';
import { addUser } from '../helpers/users.ts';
import { prepare } from './deployment.ts';

const MAX_STALENESS = 1_500;
/** An answer may be on its way when the proof ends, on a machine that is busy. */
const LATENESS = SECOND;

interface Scene {
  readonly set: ReplicaSet;
  /** Reaches every member. */
  readonly well: ServerProcess;
  /** Reaches only the primary of the beginning, once it is cut off. */
  readonly lost: ServerProcess;
  readonly email: string;
}

async function open(t: ExecutionContext, maxStaleness: string): Promise<Scene> {
  const set = await ownReplicaSet(t);
  const secret = generateSecret();
  const { collections } = await prepare(t, set.uri, secret);
  const { email } = await addUser(collections);
  const settings = {
    MONGODB_URI: set.uri,
    JWT_SECRET_KEY: secret,
    MAX_STALENESS: maxStaleness,
    PRIMARY_PROOF_INTERVAL: '300ms',
    REQUEST_DEADLINE: '3s',
  };
  const well = await startServerProcess(t, settings);
  const lost = await startServerProcess(t, settings);
  return { set, well, lost, email };
}

interface Seen {
  readonly began: number;
  readonly status: number;
}

/** Asks the lost server for `/me` every 50 ms, whether or not it has answered, until it is told to stop. */
function watch(url: string, token: string) {
  const seen: Promise<Seen>[] = [];
  const ask = async (began: number) => ({ began, ...(await sendAs(token, `${url}/api/auth/me`)) });
  const timer = setInterval(() => seen.push(ask(performance.now())), 50);
  return async function stop(): Promise<readonly Seen[]> {
    clearInterval(timer);
    return Promise.all(seen);
  };
}

/** Cuts off, waits for another primary, revokes there; answers when what happened, and what the lost server said. */
async function cutOff({ set, well, lost, email }: Scene) {
  const token = await logIn(well.url, email);
  const old = await set.primary();
  const stop = watch(lost.url, token);
  await pause(SECOND);
  set.reachOnly(lost.pid, old);
  set.cutOff(old);
  const cut = performance.now();
  await pause(2 * MAX_STALENESS);
  const readiness = await send(`${lost.url}/readyz`);
  await set.primaryAfter(old);
  const elected = performance.now();
  const revoked = await revoke(well.url, token);
  await pause(2 * MAX_STALENESS);
  const seen = await stop();
  return { token, cut, elected, revoked, seen, readiness };
}

/** Logs out, again and again until it is acknowledged; answers when it was. */
async function revoke(url: string, token: string): Promise<number> {
  for (;;) {
    const { status } = await sendAs(token, `${url}/api/auth/logout`, 'POST');
    if (status === 200) return performance.now();
    await pause(100);
  }
}

function lastAccepted(seen: readonly Seen[]): number {
  return Math.max(...seen.filter(({ status }) => status === 200).map(({ began }) => began));
}

test.serial(
  'a server behind a cut-off primary stops accepting within MAX_STALENESS, and tells the age',
  async (t) => {
    const scene = await open(t, `${MAX_STALENESS}ms`);
    const { token, cut, elected, revoked, seen, readiness } = await cutOff(scene);
    const accepted = lastAccepted(seen);
    t.log(
      `last accepted ${Math.round(accepted - cut)} ms after the cut, another elected after ${Math.round(elected - cut)}`,
    );
    t.true(seen.some(({ began, status }) => began < cut && status === 200));
    t.true(accepted < cut + MAX_STALENESS + LATENESS, 'the proof ends');
    t.true(accepted < revoked, 'before anything can be revoked elsewhere');
    t.deepEqual(
      [...new Set(seen.filter(({ began }) => began > cut).map(({ status }) => status))].sort(),
      [200, 503],
    );
    t.is(readiness.status, 503);
    t.false(readiness.body.checks.proof.ok);
    t.true(readiness.body.checks.proof.age_ms >= MAX_STALENESS);
    await scene.set.heal();
    await t.notThrowsAsync(settled(scene.lost.url, token), 'and it recovers by itself');
  },
);

test.serial('with MAX_STALENESS=0s it stops at once', async (t) => {
  const scene = await open(t, '0s');
  const { cut, seen } = await cutOff(scene);
  t.true(seen.some(({ began, status }) => began < cut && status === 200));
  t.true(lastAccepted(seen) <= cut);
});

/** Waits until the server answers 401, and nothing but 503 before. */
async function settled(url: string, token: string): Promise<void> {
  for (;;) {
    const { status } = await sendAs(token, `${url}/api/auth/me`);
    if (status === 401) return;
    if (status !== 503) throw new Error(`It answered ${status}`);
    await pause(100);
  }
}
