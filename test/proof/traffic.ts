/** Clients of two servers, who log in, look at themselves, refresh, log out and revoke all, at the same time. */
import { setTimeout as pause } from 'node:timers/promises';
import type { HeldSession } from './held-session.ts';
import type { Recorder } from './history.ts';
import { anyOf, createRequests, type Requests, type Server, type Way } from './requests.ts';

export interface TrafficOptions {
  readonly recorder: Recorder;
  readonly servers: readonly Server[];
  /** Default 10. */
  readonly clients?: number;
}

export interface Traffic {
  /** All that clients hold, whatever has become of it. */
  readonly sessions: readonly HeldSession[];
  /** More sessions to work with; so many revocations and logins more are then asked for. */
  feed(sessions: readonly HeldSession[], revocations: number, logins: number): void;
  /** Resolves once every request under way has ended. */
  stop(): Promise<void>;
}

/** The most milliseconds between two requests of a client. */
const PACE = 40;
/** How often a client asks again for a revocation that was not acknowledged, before it turns to something else. */
const ATTEMPTS = 3;
const ATTEMPT_PAUSE = 60;

/** Starts clients, who find nothing to do until they are fed. */
export function startTraffic(options: TrafficOptions): Traffic {
  const { recorder, servers, clients = 10 } = options;
  const sessions: HeldSession[] = [];
  const budget = { revocations: 0, logins: 0 };
  const stopping = new AbortController();
  const scene = {
    sessions,
    servers,
    budget,
    requests: createRequests(recorder),
    isOver: () => stopping.signal.aborted,
  };
  const names = Array.from({ length: clients }, (_, index) => `c${index + 1}`);
  const lives = names.map((name) => live(name, scene));
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

interface Scene {
  readonly sessions: HeldSession[];
  readonly servers: readonly Server[];
  readonly budget: { revocations: number; logins: number };
  readonly requests: Requests;
  isOver(): boolean;
}

async function live(client: string, scene: Scene): Promise<void> {
  while (!scene.isOver()) {
    if (scene.sessions.length > 0) await step(client, scene);
    await pause(Math.random() * PACE);
  }
}

async function step(client: string, scene: Scene): Promise<void> {
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
  const unrevoked = scene.sessions.filter(({ state }) => state !== 'revoked');
  if (unrevoked.length === 0) return true;
  const session = anyOf(unrevoked);
  const isAll = Math.random() < 1 / 6;
  const send = isAll ? scene.requests.revokeAll : scene.requests.logout;
  const first = Math.floor(Math.random() * scene.servers.length);
  for (let attempt = 0; attempt < ATTEMPTS && !scene.isOver(); attempt++) {
    const caught = isAll ? scene.sessions.filter(({ user }) => user === session.user) : [session];
    note(caught, 'doubtful');
    const server = scene.servers[(first + attempt) % scene.servers.length] as Server;
    const answer = await send({ client, server }, session);
    if (answer?.status === 200) {
      note(caught, 'revoked');
      await probe(client, scene, session, caught);
      return true;
    }
    if (answer?.status === 401) break; // an earlier attempt has happened after all
    await pause(ATTEMPT_PAUSE);
  }
  return false;
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
