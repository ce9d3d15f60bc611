/** The primary is cut off from the others, and one of two servers reaches nobody but it. */
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { send, sendAs } from '../helpers/server.ts';
import { openSession } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';
import { openSetDeployment, type ServerProcess, type SetDeployment } from './deployment.ts';
import { askUntilDecided } from './until-decided.ts';

/** Long enough for a request on a busy machine. */
const MAX_STALENESS = 3_000;
/** Long enough for old proofs to end before another primary is elected. */
const ELECTION_TIMEOUT = 10_000;

interface Fixture {
  readonly set: SetDeployment['set'];
  /** Reaches every member. */
  readonly well: ServerProcess;
  /** Reaches only the primary of the beginning, once it is cut off. */
  readonly lost: ServerProcess;
  readonly email: string;
}

async function open(t: ExecutionContext, maxStaleness: string): Promise<Fixture> {
  const environment = {
    MAX_STALENESS: maxStaleness,
    PRIMARY_PROOF_INTERVAL: '300ms',
    REQUEST_DEADLINE: '3s',
  };
  const options = { electionTimeoutMillis: ELECTION_TIMEOUT };
  const { set, servers, library } = await openSetDeployment(t, environment, options);
  const { email } = await addUser(library.collections);
  return { set, well: servers[0], lost: servers[1], email };
}

interface Seen {
  readonly began: number;
  readonly status: number;
}

interface Watch {
  /** Answers so far. */
  readonly seen: readonly Seen[];
  stop(): Promise<unknown>;
}

/** Asks the server for `/me` every 50 ms, whether or not it has answered, until it is stopped. */
function watch(url: string, token: string): Watch {
  const seen: Seen[] = [];
  const asked: Promise<void>[] = [];
  async function ask(): Promise<void> {
    const began = performance.now();
    const { status } = await sendAs(token, `${url}/api/auth/me`);
    seen.push({ began, status });
  }
  const timer = setInterval(() => asked.push(ask()), 50);
  return {
    seen,
    stop() {
      clearInterval(timer);
      return Promise.all(asked);
    },
  };
}

/** Cuts the primary off, waits for another and revokes there; returns the times and the answers of the lost server. */
async function cutOff(fixture: Fixture) {
  const { well, lost, email } = fixture;
  const { access: token } = await waitFor('A login', () => openSession(well.url, email));
  const { seen, stop } = watch(lost.url, token);
  try {
    await waitFor('An accepted token', async () => seen.some(isAccepted));
    await untilProved(lost);
    const times = await cutOffAndRevoke(fixture, token);
    return { token, seen, ...times };
  } finally {
    await stop();
  }
}

async function cutOffAndRevoke({ set, well, lost }: Fixture, token: string) {
  const old = await set.primary();
  set.reachOnly(lost.pid, old);
  set.cutOff(old);
  const cut = performance.now();
  await pause(MAX_STALENESS);
  const readiness = await send(`${lost.url}/readyz`);
  await set.primaryAfter(old);
  const elected = performance.now();
  const { status } = await askUntilDecided(() =>
    sendAs(token, `${well.url}/api/auth/logout`, 'POST'),
  );
  if (status !== 200) throw new Error(`The logout was answered ${status}`);
  const revoked = performance.now();
  await pause(MAX_STALENESS);
  return { cut, elected, revoked, readiness };
}

function isAccepted({ status }: Seen): boolean {
  return status === 200;
}

/** Waits for a proof that lasts for most of MAX_STALENESS, so that something is accepted after the cut; strict servers have none. */
async function untilProved({ url }: ServerProcess): Promise<void> {
  await waitFor('A fresh proof', async () => {
    const { body } = await send(`${url}/readyz`);
    return !(body.checks.proof.age_ms >= MAX_STALENESS / 3);
  });
}

function lastAccepted(seen: readonly Seen[]): number {
  return Math.max(...seen.filter(isAccepted).map(({ began }) => began));
}

test.serial(
  'a server behind a cut-off primary stops accepting within MAX_STALENESS, and reports the age',
  async (t) => {
    const fixture = await open(t, `${MAX_STALENESS}ms`);
    const { token, cut, elected, revoked, seen, readiness } = await cutOff(fixture);
    const accepted = lastAccepted(seen);
    t.log(
      `last accepted ${Math.round(accepted - cut)} ms after the cut, another elected after ${Math.round(elected - cut)}`,
    );
    t.true(seen.some(({ began, status }) => began < cut && status === 200));
    t.true(accepted < cut + MAX_STALENESS, 'the proof ends');
    t.true(accepted < revoked, 'before anything can be revoked elsewhere');
    t.deepEqual(
      [...new Set(seen.filter(({ began }) => began > cut).map(({ status }) => status))].sort(),
      [200, 503],
    );
    t.is(readiness.status, 503);
    t.false(readiness.body.checks.proof.ok);
    t.true(readiness.body.checks.proof.age_ms >= MAX_STALENESS);
    await fixture.set.heal();
    await t.notThrowsAsync(untilRefused(fixture.lost.url, token), 'and it recovers by itself');
  },
);

test.serial('with MAX_STALENESS=0s it stops at once', async (t) => {
  const fixture = await open(t, '0s');
  const { cut, seen } = await cutOff(fixture);
  t.true(seen.some(({ began, status }) => began < cut && status === 200));
  t.true(lastAccepted(seen) <= cut);
});

/** Waits until the server answers 401, and nothing but 503 before. */
async function untilRefused(url: string, token: string): Promise<void> {
  const { status } = await askUntilDecided(() => sendAs(token, `${url}/api/auth/me`));
  if (status !== 401) throw new Error(`It answered ${status}`);
}
