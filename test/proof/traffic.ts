/** Clients of two servers that log in, request `/me`, refresh, log out and revoke all at the same time. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Operation } from './history.ts';
import {
  type ClientSession,
  type Connection,
  login,
  pickRandom,
  request,
  type Server,
} from './requests.ts';

/** Watchers only request `/me`, so that no slow write delays their checks. */
export const CLIENTS = { actors: 8, watchers: 6 } as const;

/** Number of live sessions that are asked for again and again, at every server, before they are revoked. */
const HOT = 4;
/** Number of newly revoked sessions that watchers try again and again. */
const FRESH = 6;
/** Longest pause of a client between two requests, in milliseconds. */
const PACE = 40;
/** Tries of a client to get a revocation acknowledged, before it turns to something else. */
const TRIES = 3;
const PAUSE_BETWEEN_TRIES = 60;

type Revocation = 'logout' | 'revoke_all';
type Traffic = ReturnType<typeof startTraffic>;

/** Starts clients that wait until `feed` gives them sessions. Each has one server, so that one which is frozen does not stop them all. */
export function startTraffic(history: Operation[], servers: readonly Server[]) {
  const traffic = {
    history,
    servers,
    /** Every session of the clients, whatever its state. */
    sessions: [] as ClientSession[],
    /** The newest sessions whose revocation was acknowledged. */
    fresh: [] as ClientSession[],
    /** Requests that clients still have to make, beside refreshes and `/me`. */
    due: [] as ('login' | Revocation)[],
    clients: [] as Promise<void>[],
    /** Probes under way: a server that is frozen answers them later. */
    probes: new Set<Promise<void>>(),
    isOver: false,
  };
  const start = (name: string, count: number, step: typeof act) => {
    for (let n = 0; n < count; n++) {
      const home = servers[n % servers.length] as Server;
      traffic.clients.push(run({ client: `${name} ${n + 1}`, server: home }, traffic, step));
    }
  };
  start('actor', CLIENTS.actors, act);
  start('watcher', CLIENTS.watchers, watch);
  return traffic;
}

/** Adds sessions, a login, and so many revocations: one in six revokes all sessions of a user. */
export function feed(
  { sessions, due }: Traffic,
  more: readonly ClientSession[],
  revocations: number,
): void {
  sessions.push(...more);
  due.push('login');
  for (let n = 0; n < revocations; n++) due.push(Math.random() < 1 / 6 ? 'revoke_all' : 'logout');
}

/** Notes that every session is over, so that clients turn to those that come next. */
export function endSessions({ sessions }: Traffic): void {
  mark(sessions, 'revoked');
}

/** Resolves once every pending request has ended. */
export async function stopTraffic(traffic: Traffic): Promise<void> {
  traffic.isOver = true;
  await Promise.all(traffic.clients);
  await Promise.all(traffic.probes);
}

async function run(home: Connection, traffic: Traffic, step: typeof act): Promise<void> {
  while (!traffic.isOver) {
    if (traffic.sessions.length > 0) await step(home, traffic);
    await pause(Math.random() * PACE);
  }
}

async function watch(home: Connection, { history, sessions, fresh }: Traffic) {
  const isFresh = fresh.length > 0 && Math.random() < 0.4;
  const session = pickRandom(isFresh ? fresh : listHot(sessions));
  await request(history, home, 'me', session);
}

/** Lists the sessions that are asked for most, which are the next to be revoked. */
function listHot(sessions: readonly ClientSession[]): readonly ClientSession[] {
  const unrevoked = sessions.filter(({ state }) => state !== 'revoked').slice(0, HOT);
  return unrevoked.length > 0 ? unrevoked : sessions;
}

async function act(home: Connection, traffic: Traffic): Promise<void> {
  const { history, sessions, due } = traffic;
  const kind = Math.random() < 0.2 ? due.shift() : undefined;
  if (kind === undefined) {
    if (Math.random() < 0.2) await request(history, home, 'refresh', pickRandom(sessions));
    else await request(history, home, 'me', pickRandom(listHot(sessions)));
  } else if (kind === 'login') {
    const opened = await login(history, home, pickRandom(sessions).user);
    if (opened !== undefined) sessions.push(opened);
  } else if (!(await revoke(home, traffic, kind))) {
    due.unshift(kind);
  }
}

/** Revokes a hot session, or all of its user's. Returns false where that was not acknowledged. */
async function revoke(home: Connection, traffic: Traffic, kind: Revocation): Promise<boolean> {
  const { history, servers, sessions, fresh } = traffic;
  const { client } = home;
  const session = pickRandom(listHot(sessions));
  if (session.state === 'revoked') return true;
  const isMeant = (each: ClientSession) =>
    kind === 'logout' ? each === session : each.user === session.user;
  const first = servers.indexOf(home.server);
  for (let n = 0; n < TRIES && !traffic.isOver; n++) {
    const server = servers[(first + n) % servers.length] as Server;
    const revoked = sessions.filter(isMeant);
    mark(revoked, 'undecided');
    const answer = await request(history, { client, server }, kind, session);
    if (answer?.status === 200) {
      mark(revoked, 'revoked');
      fresh.push(session);
      fresh.splice(0, fresh.length - FRESH);
      startProbe(client, traffic, session, revoked);
      return true;
    }
    if (answer?.status === 401) return false; // an earlier try has taken effect after all
    await pause(PAUSE_BETWEEN_TRIES);
  }
  return false;
}

function mark(sessions: readonly ClientSession[], state: 'undecided' | 'revoked'): void {
  for (const session of sessions) if (session.state !== 'revoked') session.state = state;
}

function startProbe(client: string, traffic: Traffic, ...sessions: Probed): void {
  const probing = probe(client, traffic, ...sessions).finally(() => traffic.probes.delete(probing));
  traffic.probes.add(probing);
}

type Probed = [session: ClientSession, revoked: readonly ClientSession[]];

/** Tries what was just revoked on every server at once: the session itself several times, the others once. */
async function probe(
  client: string,
  { history, servers }: Traffic,
  ...[session, revoked]: Probed
): Promise<void> {
  const tries = servers.flatMap((server) => [
    request(history, { client, server }, 'refresh', session),
    ...[session, session, ...revoked].map((each) =>
      request(history, { client, server }, 'me', each),
    ),
  ]);
  await Promise.all(tries);
}
