/** Clients of two servers that log in, ask for `/me`, refresh, log out and revoke all at the same time. */
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

/** Watchers only ask for `/me`, so that no slow write delays their checks. */
export const CLIENTS = { actors: 8, watchers: 6 } as const;

/** Number of newly revoked sessions that watchers try again and again. */
const FRESH = 6;
/** Longest pause of a client between two requests, in milliseconds. */
const PACE = 40;
/** Tries of a client to get a revocation acknowledged, before it turns to something else. */
const TRIES = 3;
const PAUSE_BETWEEN_TRIES = 60;

type Revocation = 'logout' | 'revoke_all';

export interface Traffic {
  readonly history: Operation[];
  readonly servers: readonly Server[];
  /** Every session of the clients, whatever its state. */
  readonly sessions: ClientSession[];
  /** The newest sessions whose revocation was acknowledged. */
  readonly fresh: ClientSession[];
  /** Requests that clients still have to make, beside refreshes and `/me`. */
  readonly due: ('login' | Revocation)[];
  readonly clients: Promise<void>[];
  isOver: boolean;
}

/** Starts clients that wait until `feed` gives them sessions. */
export function startTraffic(history: Operation[], servers: readonly Server[]): Traffic {
  const lists = { sessions: [], fresh: [], due: [], clients: [] };
  const traffic: Traffic = { history, servers, ...lists, isOver: false };
  for (let n = 1; n <= CLIENTS.actors; n++) traffic.clients.push(run(`actor ${n}`, traffic, act));
  for (let n = 1; n <= CLIENTS.watchers; n++) {
    traffic.clients.push(run(`watcher ${n}`, traffic, watch));
  }
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

/** Resolves once every pending request has ended. */
export async function stopTraffic(traffic: Traffic): Promise<void> {
  traffic.isOver = true;
  await Promise.all(traffic.clients);
}

async function run(
  client: string,
  traffic: Traffic,
  step: (client: string, traffic: Traffic) => Promise<unknown>,
): Promise<void> {
  while (!traffic.isOver) {
    if (traffic.sessions.length > 0) await step(client, traffic);
    await pause(Math.random() * PACE);
  }
}

function watch(client: string, { history, servers, sessions, fresh }: Traffic): Promise<unknown> {
  const isFresh = fresh.length > 0 && Math.random() < 0.6;
  const session = pickRandom(isFresh ? fresh : sessions);
  return request(history, { client, server: pickRandom(servers) }, 'me', session);
}

async function act(client: string, traffic: Traffic): Promise<void> {
  const { history, sessions, due } = traffic;
  const connection = { client, server: pickRandom(traffic.servers) };
  const kind = Math.random() < 0.3 ? due.shift() : undefined;
  if (kind === undefined) {
    const check = Math.random() < 0.3 ? 'refresh' : 'me';
    await request(history, connection, check, pickRandom(sessions));
  } else if (kind === 'login') {
    const opened = await login(history, connection, pickRandom(sessions).user);
    if (opened !== undefined) sessions.push(opened);
  } else if (!(await revoke(client, traffic, kind))) {
    due.unshift(kind);
  }
}

/** Revokes any session, or all of its user's. Returns false where that was not acknowledged. */
async function revoke(client: string, traffic: Traffic, kind: Revocation): Promise<boolean> {
  const { sessions, servers } = traffic;
  const unrevoked = sessions.filter(({ state }) => state !== 'revoked');
  if (unrevoked.length === 0) return true;
  const session = pickRandom(unrevoked);
  const first = Math.floor(Math.random() * servers.length);
  for (let n = 0; n < TRIES && !traffic.isOver; n++) {
    const server = servers[(first + n) % servers.length] as Server;
    const status = await revokeOnce({ client, server }, traffic, session, kind);
    if (status === 200) return true;
    if (status === 401) return false; // an earlier try has taken effect after all
    await pause(PAUSE_BETWEEN_TRIES);
  }
  return false;
}

async function revokeOnce(
  connection: Connection,
  traffic: Traffic,
  session: ClientSession,
  kind: Revocation,
): Promise<number | undefined> {
  const { history, sessions, fresh } = traffic;
  const revoked =
    kind === 'logout' ? [session] : sessions.filter(({ user }) => user === session.user);
  mark(revoked, 'doubtful');
  const answer = await request(history, connection, kind, session);
  if (answer?.status === 200) {
    mark(revoked, 'revoked');
    fresh.push(session);
    if (fresh.length > FRESH) fresh.shift();
    await probe(connection.client, traffic, session, revoked);
  }
  return answer?.status;
}

function mark(sessions: readonly ClientSession[], state: 'doubtful' | 'revoked'): void {
  for (const session of sessions) if (session.state !== 'revoked') session.state = state;
}

/** Tries what was just revoked on every server at once: the session itself several times, the others once. */
async function probe(
  client: string,
  { history, servers }: Traffic,
  session: ClientSession,
  revoked: readonly ClientSession[],
): Promise<void> {
  const tries = (server: Server) => [
    request(history, { client, server }, 'refresh', session),
    ...[session, session, ...revoked].map((each) =>
      request(history, { client, server }, 'me', each),
    ),
  ];
  await Promise.all(servers.flatMap(tries));
}
