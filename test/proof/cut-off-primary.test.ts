/** The primary is cut off from the others, and one of two servers reaches nobody but it. */
import test from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { send, sendAs } from '../helpers/server.ts';
import { openSession } from '../helpers/sessions.ts';
import { deposePrimary } from '../helpers/set/split-brain.ts';
import { addUser } from '../helpers/users.ts';
import { openSetDeployment } from './deployment.ts';
import { askUntilDecided } from './until-decided.ts';

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

test.serial(
  'a server behind a cut-off primary accepts nothing that is asked after the cut, and recovers',
  async (t) => {
    const options = { electionTimeoutMillis: 10_000 };
    const { set, servers, library } = await openSetDeployment(t, {}, options);
    const [well, lost] = servers;
    const { email } = await addUser(library.collections);
    const { access: token } = await waitFor('A login', () => openSession(well.url, email));
    const { seen, stop } = watch(lost.url, token);
    t.teardown(stop);
    await waitFor('An accepted token', () => seen.some(({ status }) => status === 200));

    let cut = Number.POSITIVE_INFINITY;
    await deposePrimary(set, (old) => {
      set.reachOnly(lost.pid, old);
      set.cutOff(old);
      cut = performance.now();
    });
    const logout = () => sendAs(token, `${well.url}/api/auth/logout`, 'POST');
    t.is((await askUntilDecided(logout)).status, 200);
    const revoked = performance.now();
    const isAfter = (since: number) => seen.filter(({ began }) => began > since);
    await waitFor('Answers after the revocation', () => isAfter(revoked).length >= 20);
    t.is((await send(`${lost.url}/readyz`)).status, 503);
    await stop();
    t.deepEqual([...new Set(isAfter(cut).map(({ status }) => status))], [503]);

    await set.heal();
    const me = await askUntilDecided(() => sendAs(token, `${lost.url}/api/auth/me`));
    t.is(me.status, 401);
  },
);
