/** Situations in which the database cannot keep what a revocation writes, or lacks what it reads. */
import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { DAY } from '../../../lib/time.ts';
import { inForm, postForm } from '../../helpers/clients.ts';
import { post, send, sendAs } from '../../helpers/server.ts';
import { refresh } from '../../helpers/sessions.ts';
import type { Member } from '../../helpers/set/member.ts';
import { splitBrain } from '../../helpers/set/split-brain.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { ready } from '../deployment.ts';
import { askUntilDecided } from '../until-decided.ts';
import { askAll, judge, type Outcome } from './ask-and-judge.ts';
import {
  type EndingDeployment,
  type EndingRequest,
  openTarget,
  openVictims,
  type Victim,
} from './ending-requests.ts';

export interface Situation {
  readonly name: string;
  readonly title: string;
  /** Requests that cannot be sent in this situation. */
  readonly without?: readonly EndingRequest[];
  /** Brings the situation about, sends the requests, and repairs everything. Returns the judged responses. */
  play(deployment: EndingDeployment, victims: Victim[]): Promise<readonly Outcome[]>;
}

/** Plays a situation, then sends the same requests again. */
export async function playSituation(
  { without, play }: Situation,
  deployment: EndingDeployment,
): Promise<readonly Outcome[]> {
  const all = await openVictims(deployment);
  const victims = all.filter(({ request }) => !without?.includes(request));
  const outcomes = await play(deployment, victims);
  await ready(deployment.servers);
  const [, { url }] = deployment.servers;
  const asked = await askAll(url, victims, deployment, askUntilDecided);
  return [...outcomes, ...(await judge(url, asked, true))];
}

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'unacknowledged',
    title:
      'asked again after it was not acknowledged, then the primary killed and the others started',
    async play(deployment, victims) {
      const { set, servers } = deployment;
      const old = await set.atRest();
      const others = set.members.filter((member) => member !== old);
      await Promise.all(others.map((member) => member.kill()));
      await writeToPrimaryOnly(old, victims);
      const first = await askAll(servers[0].url, victims, deployment);
      const second = await askAll(servers[1].url, victims, deployment);
      await old.kill();
      await Promise.all(others.map((member) => member.restart()));
      const [next] = others;
      if (next !== undefined) await set.stepUp(next);
      await set.primaryAfter(old);
      await ready(servers);
      const outcomes = await judge(servers[1].url, [...first, ...second]);
      await set.heal();
      return outcomes;
    },
  },
  {
    name: 'cut-off',
    title: 'asked at a primary that was cut off, for sessions that only the new one has',
    async play(deployment, victims) {
      const { set, servers } = deployment;
      const [stale, other] = servers;
      await set.atRest();
      set.reachOnly(stale.pid, await set.primary());
      await splitBrain(set);
      for (const [index, victim] of victims.entries()) {
        victims[index] = { ...victim, target: await openTarget(other.url, victim) };
      }
      const asked = await askAll(stale.url, victims, deployment);
      const outcomes = await judge(other.url, asked);
      await set.heal();
      return outcomes;
    },
  },
  {
    name: 'document-missing',
    title:
      'asked for a session whose document was deleted, by a token of it or for all of the user',
    without: ['end session', 'revoke others', 'stolen refresh token'], // they read the document
    async play(deployment, victims) {
      const { library, servers } = deployment;
      const ids = victims.map(({ target }) => target.sessionId);
      await library.collections.sessions.deleteMany({ _id: { $in: ids } });
      return judge(servers[1].url, await askAll(servers[0].url, victims, deployment));
    },
  },
  {
    name: 'collection-lost',
    title: 'asked while `sessions` is renamed away, or `users`',
    async play(deployment, victims) {
      const [{ url }] = deployment.servers;
      const asked = await askWithout('sessions', deployment, () =>
        askAll(url, victims, deployment),
      );
      const outcomes = await judge(url, asked);
      const others = await askWithout('users', deployment, () => askOthers(deployment));
      return [...outcomes, ...others];
    },
  },
];

const USER_WIDE: readonly EndingRequest[] = ['revoke all', 'change password', 'admin revoke'];

/** Writes the entries of all requests to the primary alone: reads there see them, and no majority has them. */
async function writeToPrimaryOnly({ port }: Member, victims: readonly Victim[]): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/rescind`, { directConnection: true });
  const [revoked_at, expires_at] = [new Date(), new Date(Date.now() + DAY)];
  const shared = { revoked_at, reason: 'test', revoked_by: 'test', writes: 1 };
  const entries = victims.map(({ request, userId: user_id, target }) =>
    USER_WIDE.includes(request)
      ? { _id: `user:${user_id}`, kind: 'user', user_id, revoked_before: expires_at, ...shared }
      : { _id: `session:${target.sessionId}`, kind: 'session', user_id, expires_at, ...shared },
  );
  const revokedTokens = client.db().collection<{ _id: string }>('revoked_tokens');
  const inserted = revokedTokens.insertMany(entries, { writeConcern: { w: 1 } });
  await inserted.finally(() => client.close());
}

/** Asks while the collection is renamed away: a document that is missing then proves nothing. */
async function askWithout<T>(
  name: string,
  { library }: EndingDeployment,
  ask: () => Promise<T>,
): Promise<T> {
  const { db } = library.collections.sessions;
  await db.renameCollection(name, `${name}_away`);
  const asked = await ask();
  await db.renameCollection(`${name}_away`, name, { dropTarget: true });
  return asked;
}

/** Sends requests that need `users`, and expects 503. */
async function askOthers({ servers, admin, client }: EndingDeployment): Promise<Outcome[]> {
  const [{ url }] = servers;
  const unknown = { email: `${randomUUID()}@example.com`, password: PASSWORD };
  const answers = {
    me: await sendAs(admin.access, `${url}/api/auth/me`),
    refresh: await refresh(url, admin.refresh),
    login: await post(`${url}/api/auth/login`, unknown),
    introspect: await postForm(`${url}/oauth/introspect`, {
      ...inForm(client),
      token: admin.access,
    }),
    readyz: await send(`${url}/readyz`),
  };
  return Object.entries(answers).map(([request, { status }]) => {
    const faults = status === 503 ? [] : [`${request} without users: ${status}`];
    return { request, status, faults };
  });
}
