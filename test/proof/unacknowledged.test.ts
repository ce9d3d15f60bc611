/** A revocation that a majority does not have is answered 503, however often and wherever it is asked for. */
import test, { type ExecutionContext } from 'ava';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { startServerProcess } from '../helpers/processes.ts';
import { type Answer, sendAs } from '../helpers/server.ts';
import { openSession, type Tokens } from '../helpers/sessions.ts';
import { ownReplicaSet } from '../helpers/set/replica-set.ts';
import { deposePrimary } from '../helpers/set/split-brain.ts';
import { addUser } from '../helpers/users.ts';
import { prepare } from './deployment.ts';

/** The primary believes in itself for long, and the server in its primary. */
const LONG = { electionTimeoutMillis: 40_000 } as const;

async function open(t: ExecutionContext, settings: Record<string, string>) {
  const set = await ownReplicaSet(t, LONG);
  const secret = generateSecret();
  const { collections } = await prepare(t, set.uri, secret);
  const { email } = await addUser(collections);
  const client = await addClient(collections);
  const env = { MONGODB_URI: set.uri, JWT_SECRET_KEY: secret, ...settings };
  const server = await startServerProcess(t, env);
  // On a busy machine a login may miss the server's deadline, and without tokens nothing is asked below.
  const logIn = ({ url } = server) => waitFor('A login', () => openSession(url, email));
  return { set, env, server, client, logIn, own: await logIn() };
}

type Scene = Awaited<ReturnType<typeof open>> & { readonly other: Tokens };

/** Everything that reports a session as ended. */
const ENDING: Readonly<Record<string, (it: Scene) => Promise<Answer>>> = {
  'revoke-others': ({ server, own }) =>
    sendAs(own.access, `${server.url}/api/auth/sessions/revoke-others`, 'POST'),
  'DELETE of a session': ({ server, own, other }) =>
    sendAs(own.access, `${server.url}/api/auth/sessions/${other.sessionId}`, 'DELETE'),
  '/oauth/revoke of a refresh token': ({ server, client, other }) =>
    postForm(`${server.url}/oauth/revoke`, { token: other.refresh }, basic(client)),
  'revoke-all-tokens': ({ server, own }) =>
    sendAs(own.access, `${server.url}/api/auth/revoke-all-tokens`, 'POST'),
  logout: ({ server, other }) => sendAs(other.access, `${server.url}/api/auth/logout`, 'POST'),
};

test.serial(
  'Entries that were seen but not acknowledged do not make the second try a 200',
  async (t) => {
    const scene = await open(t, { MAX_STALENESS: '30s', REQUEST_DEADLINE: '4s' });
    const it = { ...scene, other: await scene.logIn() };
    const primary = await it.set.primary();
    const others = it.set.members.filter((member) => member !== primary);
    await Promise.all(others.map((member) => member.kill()));
    for (const round of ['first', 'second']) {
      const asked = Object.entries(ENDING).slice(0, 3);
      const answers = await Promise.all(
        asked.map(async ([name, ask]) => [name, (await ask(it)).status]),
      );
      for (const [name, status] of answers) t.is(status, 503, `${name}, ${round} try`);
    }
  },
);

test.serial(
  'Behind a primary that was cut off nothing is reported as ended, and no session as missing that was opened elsewhere since',
  async (t) => {
    const it = await open(t, { MAX_STALENESS: '30s', REQUEST_DEADLINE: '4s' });
    const elsewhere = await startServerProcess(t, it.env);
    await deposePrimary(it.set, (old) => {
      it.set.reachOnly(it.server.pid, old);
      it.set.cutOff(old);
    });
    const statuses: Record<string, number> = {};
    for (const [name, ask] of Object.entries(ENDING)) {
      const other = await it.logIn(elsewhere);
      statuses[name] = (await ask({ ...it, other })).status;
    }
    t.deepEqual([...new Set(Object.values(statuses))], [503], JSON.stringify(statuses));
  },
);
