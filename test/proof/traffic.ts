/** Clients of two servers, who log in, look at themselves, refresh, log out and revoke all, at the same time. */
import { setTimeout as pause } from 'node:timers/promises';
import type { HeldSession } from './held-session.ts';
import type { Recorder } from './history.ts';
import { anyOf, createRequests, type Requests, type Server, type Way } from './requests.ts';

export interface TrafficOptions {
  readonly recorder: Recorder;
  readonly servers: readonly Server[];
}

export interface Traffic {
  /** All that clients hold, whatever has become of it. */
  readonly sessions: readonly HeldSession[];
  /** More sessions to work with; so many revocations and logins more are then asked for. */
  feed(sessions: readonly HeldSession[], revocations: number, logins: number): void;
  /** Resolves once every request under way has ended. */
  stop(): Promise<void>;
}

/** Clients that do everything, and clients that only look whether tokens are accepted, so that no slow write holds them up. */
export const CLIENTS = { actors: 8, watchers: 6 } as const;

/** Watchers try these again and again: the newest that were revoked. */
const FRESH = 6;

/** The most milliseconds between two requests of a client. */
const PACE = 40;
/** How often a client asks again for a revocation that was not acknowledged, before it turns to something else. */
const ATTEMPTS = 3;
const ATTEMPT_PAUSE = 60;

/** Starts clients, who find nothing to do until they are fed. */
export function startTraffic({ recorder, servers }: TrafficOptions): Traffic {
  const sessions: HeldSession[] = [];
  const budget = { revocations: 0, logins: 0 };
  const stopping = new AbortController();
  const scene: Scene = {
    sessions,
    fresh: [],
    servers,
    budget,
    requests: createRequests(recorder),
    isOver: () => stopping.signal.aborted,
  };
  const lives = [
    ...names('actor', CLIENTS.actors).map((name) => live(name, scene, act)),
    ...names('watcher', CLIENTS.watchers).map((name) => live(name, scene, watch)),
  ];
  return {
    sessions,
    feed(more, revocations, logins) {
      sessions.push(...more);
      budget.revocations += revocations;
      budget.logins += logins;
    },
    async stop() {
      stopping.abort();
      await Promise.all(lives);
    },
  };
}

function names(role: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${role} ${index + 1}`);
}

interface Scene {
  readonly sessions: HeldSession[];
  /** The newest that were revoked, and acknowledged. */
  readonly fresh: HeldSession[];
  readonly servers: readonly Server[];
  readonly budget: { revocations: number; logins: number };
  readonly requests: Requests;
  isOver(): boolean;
}

type Step = (client: string, scene: Scene) => Promise<void>;

async function live(client: string, scene: Scene, step: Step): Promise<void> {
  while (!scene.isOver()) {
    if (scene.sessions.length > 0) await step(client, scene);
    await pause(Math.random() * PACE);
  }
}

async function watch(client: string, { servers, sessions, fresh, requests }: Scene) {
  const isFresh = fresh.length > 0 && Math.random() < 0.6;
  await requests.me({ client, server: anyOf(servers) }, anyOf(isFresh ? fresh : sessions));
}

async function act(client: string, scene: Scene): Promise<void> {
  const { requests, budget } = scene;
  const way = { client, server: anyOf(scene.servers) };
  const chance = Math.random();
  if (chance < 0.3 && budget.revocations > 0) {
    budget.revocations--;
    const isAcknowledged = await revoke(client, scene);
    if (!isAcknowledged) budget.revocations++;
  } else if (chance < 0.32 && budget.logins > 0) {
    budget.logins--;
    const opened = await requests.login(way, anyOf(scene.sessions).user);
    if (opened !== undefined) scene.sessions.push(opened);
  } else if (chance < 0.5) {
    await requests.refresh(way, anyOf(scene.sessions));
  } else {
    await requests.me(way, anyOf(scene.sessions));
  }
}

/** One in six revokes all that the user has. Answers whether it was acknowledged. */
async function revoke(client: string, scene: Scene): Promise<boolean> {
  const { sessions, servers } = scene;
  const unrevoked = sessions.filter(({ state }) => state !== 'revoked');
  if (unrevoked.length === 0) return true;
  const session = anyOf(unrevoked);
  const kind = Math.random() < 1 / 6 ? 'revokeAll' : 'logout';
  const first = Math.floor(Math.random() * servers.length);
  for (let attempt = 0; attempt < ATTEMPTS && !scene.isOver(); attempt++) {
    const server = servers[(first + attempt) % servers.length] as Server;
    const status = await revokeOnce({ client, server }, scene, session, kind);
    if (status === 200 || status === 401) return status === 200;
    await pause(ATTEMPT_PAUSE);
  }
  return false;
}

/** Answers the status; 401 where an earlier attempt has happened after all. */
async function revokeOnce(
  way: Way,
  scene: Scene,
  session: HeldSession,
  kind: 'logout' | 'revokeAll',
): Promise<number | undefined> {
  const { sessions, fresh, requests } = scene;
  const isCaught = ({ user }: HeldSession) => user === session.user;
  const caught = kind === 'revokeAll' ? sessions.filter(isCaught) : [session];
  note(caught, 'doubtful');
  const answer = await requests[kind](way, session);
  if (answer?.status === 200) {
    note(caught, 'revoked');
    fresh.push(session);
    if (fresh.length > FRESH) fresh.shift();
    await probe(way.client, scene, session, caught);
  }
  return answer?.status;
}

function note(sessions: readonly HeldSession[], state: 'doubtful' | 'revoked'): void {
  for (const session of sessions) if (session.state !== 'revoked') session.state = state;
}

/** What was just revoked is tried at once on every server: the one several times, the others once. */
async function probe(
  client: string,
  { servers, requests }: Scene,
  revoked: HeldSession,
  caught: readonly HeldSession[],
): Promise<void> {
  const ways: readonly Way[] = servers.map((server) => ({ client, server }));
  await Promise.all(
    ways.flatMap((way) => [
      requests.me(way, revoked),
      requests.me(way, revoked),
      requests.refresh(way, revoked),
      ...caught.map((session) => requests.me(way, session)),
    ]),
  );
}
