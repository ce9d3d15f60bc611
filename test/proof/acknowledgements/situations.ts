/** Situations in which the database cannot keep what a revocation writes, or lacks what it reads. */
import { type Collection, MongoClient } from 'mongodb';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import { DAY } from '../../../lib/time.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import type { Member } from '../../helpers/set/member.ts';
import { splitBrain } from '../../helpers/set/split-brain.ts';
import { ready, type SetDeployment } from '../deployment.ts';
import { endingRequests, listSessions } from '../good-requests.ts';
import { askUntilDecided } from '../until-decided.ts';
import {
  type Asked,
  askAll,
  judge,
  type Outcome,
  openVictims,
  renewSession,
  type Victim,
} from './victims.ts';

export interface Situation {
  readonly name: string;
  readonly title: string;
  /** Names of requests that cannot be sent in this situation. */
  readonly without?: readonly string[];
  /** Brings the situation about, sends the requests, and repairs everything. Returns the judged responses. */
  play(deployment: SetDeployment, victims: Victim[]): Promise<readonly Outcome[]>;
}

/** Plays a situation, then sends the same requests again. */
export async function playSituation(
  { without = [], play }: Situation,
  deployment: SetDeployment,
): Promise<readonly Outcome[]> {
  const names = endingRequests.map(({ name }) => name).filter((name) => !without.includes(name));
  const victims = await openVictims(deployment, names);
  const outcomes = await play(deployment, victims);
  await ready(deployment.servers);
  const [, { url }] = deployment.servers;
  const asked = await askAll(url, victims, askUntilDecided);
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
      const first = await askAll(servers[0].url, victims);
      const second = await askAll(servers[1].url, victims);
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
        victims[index] = await renewSession(other.url, victim);
      }
      const asked = await askAll(stale.url, victims);
      const outcomes = await judge(other.url, asked);
      await set.heal();
      return outcomes;
    },
  },
  {
    name: 'document-missing',
    title:
      'asked for a session whose document was deleted, by a token of it or for all of the user',
    without: [
      'DELETE /api/auth/sessions/:id',
      'POST /api/auth/sessions/revoke-others',
      'POST /api/auth/refresh with a stolen token',
    ], // they read the document
    async play(deployment, victims) {
      const { library, servers } = deployment;
      const ended = victims.flatMap(({ request, world }) => listSessions(request, world).ended);
      const ids = ended.map(({ sessionId }) => sessionId);
      await library.collections.sessions.deleteMany({ _id: { $in: ids } });
      return judge(servers[1].url, await askAll(servers[0].url, victims), true);
    },
  },
  {
    name: 'collection-lost',
    title: 'asked while `sessions` is renamed away, or `users`',
    async play(deployment, victims) {
      const [{ url }] = deployment.servers;
      const { sessions, users } = deployment.library.collections;
      const asked = await askWithout(sessions, () => askAll(url, victims));
      const outcomes = await judge(url, asked);
      const others = await openVictims(deployment, NEED_USERS);
      const askedOthers = await askWithout(users, () => askAll(url, others));
      return [...outcomes, ...askedOthers.map(expectAway)];
    },
  },
];

/** Writes the entries of all requests to the primary alone: reads there see them, and no majority has them. */
async function writeToPrimaryOnly({ port }: Member, victims: readonly Victim[]): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/rescind`, { directConnection: true });
  const [revoked_at, expires_at] = [new Date(), new Date(Date.now() + DAY)];
  const shared = { revoked_at, reason: 'test', revoked_by: 'test', writes: 1, fenced_writes: 1 };
  const entries = victims.map(({ request, world }) => {
    const { id: user_id } = request.ends === 'allOfAnother' ? world.other : world.asker;
    const [{ sessionId }, second] = listSessions(request, world).ended as [Tokens, Tokens?];
    return second
      ? { _id: `user:${user_id}`, kind: 'user', user_id, revoked_before: expires_at, ...shared }
      : { _id: `session:${sessionId}`, kind: 'session', user_id, expires_at, ...shared };
  });
  const revokedTokens = client.db().collection<{ _id: string }>(NAMES.revokedTokens);
  await revokedTokens.insertMany(entries, { writeConcern: { w: 1 } }).finally(() => client.close());
}

/** Asks while the collection is renamed away: a document that is missing then proves nothing. */
async function askWithout<T>(
  collection: Pick<Collection, 'collectionName' | 'rename'>,
  ask: () => Promise<T>,
): Promise<T> {
  const { collectionName } = collection;
  const away = await collection.rename(`${collectionName}_away`);
  const asked = await ask();
  await away.rename(collectionName, { dropTarget: true });
  return asked;
}

/** Requests that need `users`. */
const NEED_USERS = [
  'GET /readyz',
  'GET /api/auth/me',
  'POST /api/auth/refresh',
  'POST /api/auth/login',
  'POST /oauth/introspect',
];

function expectAway({ request: { name }, answer: { status } }: Asked): Outcome {
  const faults = status === 503 ? [] : [`${name} without users: ${status}`];
  return { request: name, status, faults };
}
