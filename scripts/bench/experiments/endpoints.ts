/** Other endpoints beside `/me` on the same server: introspection, the session list, refresh. */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { type Collections, openCollections } from '../../../lib/store/mongo/collections.ts';
import { connect } from '../../../lib/store/mongo/database.ts';
import { DAY, MINUTE } from '../../../lib/time.ts';
import { createRefreshTokens } from '../../../lib/tokens/refresh/refresh-tokens.ts';
import type { Environment } from '../environment.ts';
import { keepBusy, measureWithReads } from '../measurement.ts';
import { listRounds, rotate } from '../plan.ts';
import { ENDPOINTS, type Results } from '../results.ts';
import { LOADS, USUAL_ENTRIES } from '../rows.ts';
import { withRealServer } from '../servers.ts';
import { HOT_COUNT, userId } from '../tokens.ts';

const SESSIONS_LISTED = 5;
/** More refreshes a second than any machine does; each token is presented once. */
const MAX_REFRESHES = 5_000;
const LEAD_IN = 2_000;
const ORDERS = { me: 'random', introspect: 'random', sessions: 'random', refresh: 'once' } as const;

export function listEndpointTasks(environment: Environment) {
  const { plan } = environment;
  const duration = plan.quick ? 2_500 : 5_000;
  const seconds = ENDPOINTS.length * ((plan.warmUp + LEAD_IN + duration) / 1000) + 5;
  const task = { id: 'endpoints', title: 'other endpoints', seconds };
  return listRounds(plan, task, async (round) => ({
    endpoints: await measureEndpoints(environment, round, duration),
  }));
}

/** Measures all endpoints on one server, warmed up by all of them. Each round begins with another one. */
async function measureEndpoints(environment: Environment, round: number, duration: number) {
  const { warmUp } = environment.plan;
  await makeSets(environment, { 'warm-up': warmUp, endpoint: LEAD_IN + duration });
  return withRealServer(environment, async (port) => {
    const endpoints = rotate(ENDPOINTS, round);
    for (const endpoint of endpoints) {
      await keepBusy(environment, port, warmUp, `warm-up ${endpoint}`, ORDERS[endpoint]);
    }
    const measured: Results['endpoints'][number][] = [];
    for (const endpoint of endpoints) {
      const stream = { set: `endpoint ${endpoint}`, order: ORDERS[endpoint] };
      const streams = [{ ...stream, load: LOADS['50 connections'] }];
      const task = { port, leadIn: LEAD_IN, duration, streams };
      measured.push({ ...(await measureWithReads(environment, endpoint, task)), endpoint, round });
    }
    return measured;
  });
}

/** Makes request sets for all endpoints under these names, for so many milliseconds each. */
async function makeSets(environment: Environment, times: Readonly<Record<string, number>>) {
  const { generator, hot } = environment;
  const { db, close } = connect(environment.databaseUri(USUAL_ENTRIES), { deadline: MINUTE });
  const collections = openCollections(db);
  const get = (path: string) =>
    hot.map((token) => ({ line: `GET ${path}`, headers: { Authorization: `Bearer ${token}` } }));
  try {
    await insertListedSessions(environment, collections);
    const introspect = await makeIntrospections(environment, collections);
    const repeatable = { me: get('/api/auth/me'), introspect, sessions: get('/api/auth/sessions') };
    for (const [name, milliseconds] of Object.entries(times)) {
      const count = (MAX_REFRESHES * milliseconds) / 1000;
      const sets = { ...repeatable, refresh: await makeRefreshes(environment, collections, count) };
      for (const endpoint of ENDPOINTS) {
        await generator.makeSet({ set: `${name} ${endpoint}`, requests: sets[endpoint] });
      }
    }
  } finally {
    await close();
  }
}

/** Registers a client and makes its introspections of all tokens, as one service asks for all its users. */
async function makeIntrospections({ hot }: Environment, { clients }: Collections) {
  const [id, secret] = [randomUUID(), randomBytes(32).toString('base64url')];
  const secret_hash = hash('sha256', secret, 'hex');
  await clients.insertOne({ _id: id, name: 'bench', secret_hash, created_at: new Date() });
  const headers = {
    Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  const line = 'POST /oauth/introspect';
  return hot.map((token) => ({ line, headers, body: `token=${token}` }));
}

/** Inserts the sessions to be listed, once: those of the tokens, and others of the same users. */
async function insertListedSessions({ hot }: Environment, { sessions }: Collections) {
  if ((await sessions.estimatedDocumentCount()) > 0) return;
  const listed = hot.flatMap((token) => {
    const { sid, sub = '' } = decodeJwt<{ sid: string }>(token);
    const others = Array.from({ length: SESSIONS_LISTED - 1 }, () => newSession(sub));
    return [{ ...newSession(sub), _id: sid }, ...others];
  });
  await sessions.insertMany(listed, { ordered: false });
}

/** Makes refreshes, each of a session of its own, of users who have none listed. */
async function makeRefreshes({ secret }: Environment, { sessions }: Collections, count: number) {
  const refreshTokens = await createRefreshTokens([secret]);
  const users = Array.from({ length: count }, (_, n) => userId(HOT_COUNT + (n % HOT_COUNT)));
  const documents = users.map(newSession);
  await sessions.insertMany(documents, { ordered: false });
  return documents.map(({ _id: sessionId }) => ({
    line: 'POST /api/auth/refresh',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshTokens.issue({ sessionId, counter: 0 }) }),
  }));
}

function newSession(user_id: string) {
  const now = Date.now();
  return {
    _id: randomUUID() as string,
    user_id,
    stamp: new Date(now + DAY), // above every cutoff, as in the tokens of the bench
    auth_time: new Date(now),
    expires_at: new Date(now + 7 * DAY),
    ends_at: new Date(now + 30 * DAY),
    last_used_at: new Date(now),
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    ip: '192.0.2.1',
    counter: 0,
  };
}
