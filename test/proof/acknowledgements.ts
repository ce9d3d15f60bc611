/** Requests that revoke, asked while the database cannot keep what they write, or lacks what they look for. */
import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { DAY, MINUTE } from '../../lib/time.ts';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { addClient, revoke as revokeByClient } from '../helpers/clients.ts';
import type { Scope } from '../helpers/scope.ts';
import { type Answer, post, send, sendAs } from '../helpers/server.ts';
import { openSession, refresh, type Tokens, tokensOf } from '../helpers/sessions.ts';
import type { Member } from '../helpers/set/member.ts';
import { ownReplicaSet, type ReplicaSet } from '../helpers/set/replica-set.ts';
import { splitBrain } from '../helpers/set/split-brain.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { type Deployment, openDeployment } from './deployment.ts';
import { ready } from './server-pair.ts';

/** A user, the session that asks, and the one that is to end. */
export interface Victim {
  readonly userId: string;
  readonly email: string;
  readonly own: Tokens;
  readonly target: Target;
}

/** The newest tokens of a session, and its first refresh token. */
type Target = Tokens & { readonly first: string };

export interface Arena extends Deployment {
  readonly set: ReplicaSet;
  readonly client: ClientCredentials;
  readonly admin: Tokens;
}

/** Asks one server for the end of the target. */
type Ask = (url: string, victim: Victim, arena: Arena) => Promise<Answer>;

const STOLEN = 'stolen refresh token';

/** Every request that ends sessions of one user. */
const DEEDS: Readonly<Record<string, Ask>> = {
  logout: (url, { target }) => sendAs(target.access, `${url}/api/auth/logout`, 'POST'),
  'end session': (url, { own, target }) =>
    sendAs(own.access, `${url}/api/auth/sessions/${target.sessionId}`, 'DELETE'),
  'revoke others': (url, { own }) =>
    sendAs(own.access, `${url}/api/auth/sessions/revoke-others`, 'POST'),
  'revoke all': (url, { own }) => sendAs(own.access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
  'change password': (url, { own }) =>
    post(
      `${url}/api/auth/change-password`,
      { current_password: PASSWORD, new_password: 'another horse staple battery' },
      { authorization: `Bearer ${own.access}` },
    ),
  'admin revoke': (url, { userId }, { admin }) =>
    sendAs(admin.access, `${url}/api/admin/users/${userId}/revoke-tokens`, 'POST'),
  'oauth revoke': (url, { target }, { client }) => revokeByClient(url, client, target.refresh),
  [STOLEN]: (url, { target }) => refresh(url, target.first),
};

/** What one request came to. */
export interface Outcome {
  readonly deed: string;
  readonly status: number;
  /** One sentence for each thing that must not have been. */
  readonly faults: readonly string[];
}

export interface Situation {
  readonly name: string;
  readonly title: string;
  /** Plays it once, and leaves the arena as it was. */
  play(arena: Arena): Promise<readonly Outcome[]>;
}

/** The old primary believes in itself for long enough to be asked, however busy the machine is. */
const ELECTION_TIMEOUT = 20_000;
const SETTINGS = {
  REQUEST_DEADLINE: '4s',
  MAX_STALENESS: '15s',
  PRIMARY_PROOF_INTERVAL: '300ms',
  REFRESH_GRACE: '0s',
  LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
} as const;

/** Three members, two servers, a client and an admin. */
export async function openArena(owner: Scope): Promise<Arena> {
  const set = await ownReplicaSet(owner, { electionTimeoutMillis: ELECTION_TIMEOUT });
  const deployment = await openDeployment(owner, { uri: set.uri, settings: SETTINGS });
  const { collections } = deployment.library;
  const { email } = await addUser(collections, { roles: ['admin'] });
  const client = await addClient(collections);
  const admin = await open(deployment, email);
  return { ...deployment, set, client, admin };
}

/** One after the other: more passwords at once than there are threads would be turned away. */
async function openVictims(arena: Arena): Promise<Map<string, Victim>> {
  const victims = new Map<string, Victim>();
  for (const deed of Object.keys(DEEDS)) {
    const { id: userId, email } = await addUser(arena.library.collections);
    const target = await openTarget(arena, deed, email);
    victims.set(deed, { userId, email, target, own: await open(arena, email) });
  }
  return victims;
}

function open({ servers: [, { url }] }: Deployment, email: string): Promise<Tokens> {
  return waitFor('A login', () => openSession(url, email));
}

/** A token that was exchanged twice is known to be stolen when it comes back. */
async function openTarget(arena: Arena, deed: string, email: string): Promise<Target> {
  const opened = await open(arena, email);
  const target = { ...opened, first: opened.refresh };
  if (deed !== STOLEN) return target;
  const [, { url }] = arena.servers;
  const exchange = (token: string) =>
    waitFor('A refresh', async () => tokensOf(await refresh(url, token)));
  const next = await exchange(opened.refresh);
  return { ...target, ...(await exchange(next.refresh)) };
}

interface Asked {
  readonly deed: string;
  readonly victim: Victim;
  readonly answer: Answer;
}

function askAll(url: string, victims: ReadonlyMap<string, Victim>, arena: Arena): Promise<Asked[]> {
  const asked = [...victims].map(async ([deed, victim]) => {
    const answer = await (DEEDS[deed] as Ask)(url, victim, arena);
    return { deed, victim, answer };
  });
  return Promise.all(asked);
}

function isUndecided({ answer: { status } }: Asked): boolean {
  return status === 503;
}

const CLAIMS =
  /^(token_revoked|user_tokens_revoked|not_found|refresh_token_(reused|revoked|expired))$/;

/** Says that the target has ended: by success, or by a refusal that is final. */
function isClaim({ status, body }: Answer): boolean {
  return status < 300 || CLAIMS.test(body?.code);
}

async function lives(url: string, { access, refresh: token }: Tokens): Promise<boolean> {
  const isAccepted = (await sendAs(access, `${url}/api/auth/me`)).status === 200;
  return isAccepted || (await refresh(url, token)).status === 200;
}

/** Nothing of what was said to have ended may pass; and everything but an end is "try again". */
function judge(url: string, asked: readonly Asked[]): Promise<Outcome[]> {
  const judged = asked.map(async ({ deed, victim, answer }) => {
    const { status, body } = answer;
    const what = `${deed}: ${status} ${body?.code ?? body?.error ?? ''}`;
    const isLost = isClaim(answer) && (await lives(url, victim.target));
    const isOdd = status >= 300 && status !== 503 && !isClaim(answer);
    return {
      deed,
      status,
      faults: [
        ...(isLost ? [`${what}, and the session passed afterwards`] : []),
        ...(isOdd ? [`${what}, which decides what could not be decided`] : []),
      ],
    };
  });
  return Promise.all(judged);
}

/** In the end the same requests succeed, each as soon as the server is not busy, and nothing passes. */
async function assertEnds(arena: Arena, victims: ReadonlyMap<string, Victim>): Promise<Outcome[]> {
  const [, { url }] = arena.servers;
  let asked = await askAll(url, victims, arena);
  for (let triesLeft = 4; triesLeft > 0 && asked.some(isUndecided); triesLeft--) {
    const again = new Map(asked.filter(isUndecided).map(({ deed, victim }) => [deed, victim]));
    asked = [...asked.filter((one) => !isUndecided(one)), ...(await askAll(url, again, arena))];
  }
  const judged = await judge(url, asked);
  const late = asked.filter(({ answer }) => !isClaim(answer));
  return [
    ...judged,
    ...late.map(({ deed, answer: { status } }) => ({
      deed,
      status,
      faults: [`${deed}: ${status} after all was put right`],
    })),
  ];
}

/** Asked of both servers one after the other, while the two other members are dead; then these take over. */
const unacknowledged: Situation = {
  name: 'unacknowledged',
  title:
    'asked again after it was not acknowledged, then the primary killed and the others started',
  async play(arena) {
    const { set, servers } = arena;
    const victims = await openVictims(arena);
    const old = await set.atRest();
    const others = set.members.filter((member) => member !== old);
    await Promise.all(others.map((member) => member.kill()));
    await writeAlone(old, victims);
    const first = await askAll(servers[0].url, victims, arena);
    const second = await askAll(servers[1].url, victims, arena);
    await old.kill();
    await Promise.all(others.map((member) => member.restart()));
    const [next] = others;
    if (next !== undefined) await set.stepUp(next);
    await set.primaryAfter(old);
    await ready(servers);
    const outcomes = await judge(servers[1].url, [...first, ...second]);
    await set.heal();
    await ready(servers);
    return [...outcomes, ...(await assertEnds(arena, victims))];
  },
};

/** Writes what the requests would write, to the primary alone: whoever reads there sees it, and no majority has it. */
async function writeAlone({ port }: Member, victims: ReadonlyMap<string, Victim>): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/rescind`, { directConnection: true });
  const [revoked_at, expires_at] = [new Date(), new Date(Date.now() + DAY)];
  const shared = { revoked_at, reason: 'test', revoked_by: 'test', writes: 1 };
  const entries = [...victims].map(([deed, { userId: user_id, target }]) =>
    USER_WIDE.has(deed)
      ? { _id: `user:${user_id}`, kind: 'user', user_id, revoked_before: expires_at, ...shared }
      : { _id: `session:${target.sessionId}`, kind: 'session', user_id, expires_at, ...shared },
  );
  try {
    const writeConcern = { w: 1 } as const;
    await client
      .db()
      .collection<{ _id: string }>('revoked_tokens')
      .insertMany(entries, { writeConcern });
  } finally {
    await client.close();
  }
}

const USER_WIDE: ReadonlySet<string> = new Set(['revoke all', 'change password', 'admin revoke']);

/** Sessions are opened at the new primary, and one server, which reaches only the old one, is to end them. */
const cutOff: Situation = {
  name: 'cut-off',
  title: 'asked at a primary that was cut off, for sessions that only the new one has',
  async play(arena) {
    const { set, servers } = arena;
    const [stale, other] = servers;
    const before = await openVictims(arena);
    await set.atRest();
    set.reachOnly(stale.pid, await set.primary());
    await splitBrain(set);
    const victims = new Map<string, Victim>();
    for (const [deed, victim] of before) {
      victims.set(deed, { ...victim, target: await openTarget(arena, deed, victim.email) });
    }
    const asked = await askAll(stale.url, victims, arena);
    const outcomes = await judge(other.url, asked);
    await set.heal();
    await ready(servers);
    return [...outcomes, ...(await assertEnds(arena, victims))];
  },
};

/** `sessions` renamed away: what is found missing there has not ended. */
const collectionLost: Situation = {
  name: 'collection-lost',
  title: 'asked while `sessions` is renamed away, or `users`',
  async play(arena) {
    const { library, servers } = arena;
    const [{ url }] = servers;
    const { db } = library.collections.sessions;
    const victims = await openVictims(arena);
    await db.renameCollection('sessions', 'sessions_away');
    const asked = await askAll(url, victims, arena);
    await db.renameCollection('sessions_away', 'sessions', { dropTarget: true });
    const outcomes = await judge(url, asked);
    await db.renameCollection('users', 'users_away');
    const refused = await withoutUsers(url, arena);
    await db.renameCollection('users_away', 'users', { dropTarget: true });
    await ready(servers);
    return [...outcomes, ...refused, ...(await assertEnds(arena, victims))];
  },
};

/** What these end is looked for in `sessions`; the others know it by the token, or end all. */
const BY_DOCUMENT: ReadonlySet<string> = new Set(['end session', 'revoke others', STOLEN]);

/** The document of the session that is to end is deleted: whoever holds a token of it can end it all the same. */
const documentMissing: Situation = {
  name: 'document-missing',
  title: 'asked for a session whose document was deleted, by a token of it or for all of the user',
  async play(arena) {
    const { library, servers } = arena;
    const [one, { url }] = servers;
    const victims = await openVictims(arena);
    for (const deed of BY_DOCUMENT) victims.delete(deed);
    const ids = [...victims.values()].map(({ target }) => target.sessionId);
    await library.collections.sessions.deleteMany({ _id: { $in: ids } });
    const asked = await askAll(one.url, victims, arena);
    return [...(await judge(url, asked)), ...(await assertEnds(arena, victims))];
  },
};

/** Nobody is told to have gone, because all are. */
async function withoutUsers(url: string, { admin, client }: Arena): Promise<Outcome[]> {
  const login = { email: `${randomUUID()}@example.com`, password: PASSWORD };
  const asked: Readonly<Record<string, Answer>> = {
    me: await sendAs(admin.access, `${url}/api/auth/me`),
    refresh: await refresh(url, admin.refresh),
    login: await post(`${url}/api/auth/login`, login),
    introspect: await introspected(url, client, admin.access),
    readyz: await send(`${url}/readyz`),
  };
  return Object.entries(asked).map(([deed, { status }]) => ({
    deed,
    status,
    faults: status === 503 ? [] : [`${deed} without users: ${status}`],
  }));
}

function introspected(url: string, { clientId, clientSecret }: ClientCredentials, token: string) {
  const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token });
  return send(`${url}/oauth/introspect`, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(MINUTE),
  });
}

export const SITUATIONS: readonly Situation[] = [
  unacknowledged,
  cutOff,
  documentMissing,
  collectionLost,
];
