/** Other endpoints beside `/me` on the same server: introspection, the session list, refresh. */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { type Collections, openCollections } from '../../../lib/store/mongo/collections.ts';
import { DAY } from '../../../lib/time.ts';
import { createRefreshTokens } from '../../../lib/tokens/refresh/refresh-tokens.ts';
import type { Environment } from '../environment.ts';
import { keepBusy, measureWithReads } from '../measurement.ts';
import { rotate } from '../plan.ts';
import { ENDPOINTS, type Results } from '../results.ts';
import { LOADS, USUAL_ENTRIES } from '../rows.ts';
import { startRealServer } from '../servers.ts';
import { HOT_COUNT, userId } from '../tokens.ts';

const SESSIONS_LISTED = 5;
/** More refreshes a second than any machine does; each token is presented once. */
const MAX_REFRESHES = 5_000;
const LEAD_IN = 2_000;
const ORDERS = { me: 'random', introspect: 'random', sessions: 'random', refresh: 'once' } as const;

/** Measures all endpoints on one server, warmed up by all of them. Each round begins with another one. */
export async function measureEndpoints(environment: Environment, round: number) {
  const { warmUp, quick } = environment.plan;
  const times = { leadIn: LEAD_IN, duration: quick ? 2_500 : 5_000 };
  await makeSets(environment, { 'warm-up': warmUp, endpoint: times.leadIn + times.duration });
  await using server = await startRealServer(environment);
  const order = rotate(ENDPOINTS, round);
  for (const endpoint of order) {
    const set = `warm-up ${endpoint}`;
    await keepBusy(environment, server.port, warmUp, set, ORDERS[endpoint]);
  }
  const endpoints: Results['endpoints'][number][] = [];
  for (const endpoint of order) {
    const stream = { set: `endpoint ${endpoint}`, order: ORDERS[endpoint] };
    const streams = [{ ...stream, load: LOADS['50 connections'] }];
    const task = { port: server.port, ...times, streams };
    endpoints.push({ ...(await measureWithReads(environment, endpoint, task)), endpoint, round });
  }
  return { endpoints };
}

/** Makes request sets for all endpoints under these names, for so many milliseconds each. */
async function makeSets(environment: Environment, times: Readonly<Record<string, number>>) {
  const { generator, hot } = environment;
  const collections = openCollections(environment.openDatabase(USUAL_ENTRIES));
  const get = (path: string) =>
    hot.map((token) => ({ line: `GET ${path}`, headers: { Authorization: `Bearer ${token}` } }));
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
