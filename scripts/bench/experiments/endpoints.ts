/** Other endpoints beside `/me` on the same server: introspection, the session list, refresh. */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { type Collections, openCollections } from '../../../lib/store/mongo/collections.ts';
import { DAY } from '../../../lib/time.ts';
import { createRefreshTokens } from '../../../lib/tokens/refresh/refresh-tokens.ts';
import type { Environment } from '../environment.ts';
import { encodeRequest, jsonRequest, once, randomly } from '../generator/requests.ts';
import { keepBusy, measureWithReads } from '../measurement.ts';
import { ENDPOINTS, type Results } from '../results.ts';
import { LOADS, rotate, USUAL_ENTRIES } from '../rows.ts';
import { startRealServer } from '../servers.ts';
import { HOT_COUNT, userId } from '../tokens.ts';

const SESSIONS_LISTED = 5;
/** More refreshes a second than any machine does; each token is presented once. */
const MAX_REFRESHES = 5_000;
const LEAD_IN = 2_000;

/** Measures all endpoints on one server, warmed up by all of them. Each round begins with another one. */
export async function measureEndpoints(environment: Environment, round: number) {
  const { warmUp, quick } = environment.plan;
  const duration = quick ? 2_500 : 5_000;
  const sources = await makeSources(environment, warmUp + LEAD_IN + duration);
  await using server = await startRealServer(environment);
  const order = rotate(ENDPOINTS, round);
  for (const endpoint of order) await keepBusy(server.port, sources[endpoint], warmUp);
  const times = { port: server.port, leadIn: LEAD_IN, duration };
  const endpoints: Results['endpoints'][number][] = [];
  for (const endpoint of order) {
    const stream = { source: sources[endpoint], load: LOADS['50 connections'] };
    const measured = await measureWithReads(environment, endpoint, times, stream);
    endpoints.push({ ...measured, endpoint, round });
  }
  return { endpoints };
}

/** Makes the requests of all endpoints, for so many milliseconds each. */
async function makeSources(environment: Environment, milliseconds: number) {
  const { requests, hot, openDatabase } = environment;
  const collections = openCollections(openDatabase(USUAL_ENTRIES));
  await insertListedSessions(environment, collections);
  const list = (token: string) =>
    encodeRequest('GET /api/auth/sessions', { Authorization: `Bearer ${token}` });
  const count = (MAX_REFRESHES * milliseconds) / 1000;
  return {
    me: randomly(requests.hot),
    introspect: randomly(await makeIntrospections(environment, collections)),
    sessions: randomly(hot.map(list)),
    refresh: once(await makeRefreshes(environment, collections, count)),
  };
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
  return hot.map((token) => encodeRequest('POST /oauth/introspect', headers, `token=${token}`));
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
  return documents.map(({ _id: sessionId }) => {
    const refresh_token = refreshTokens.issue({ sessionId, counter: 0 });
    return jsonRequest('POST /api/auth/refresh', { refresh_token });
  });
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
