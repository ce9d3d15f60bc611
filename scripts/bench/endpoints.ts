/** What the other endpoints answer, beside `/me` on the same server: introspection, the session list, refresh. */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import {
  type Collections,
  openCollections,
  type SessionDocument,
} from '../../lib/store/collections.ts';
import { connect } from '../../lib/store/database.ts';
import { DAY, MINUTE } from '../../lib/time.ts';
import { createRefreshTokens } from '../../lib/tokens/refresh-tokens.ts';
import { type Collected, unlessFailed } from './collected.ts';
import type { RequestText } from './load/requests.ts';
import { LOADS } from './loads.ts';
import { passwordThreads } from './logins.ts';
import type { Plan } from './plan.ts';
import { HOT_COUNT, userId } from './population.ts';
import { bearer } from './probe.ts';
import { startRealServer } from './real-server.ts';
import { ENDPOINTS, type Endpoint, type EndpointRun } from './results.ts';
import { USUAL_ENTRIES } from './rows.ts';
import { assertRight } from './run-cell.ts';
import type { Stage } from './stage.ts';
import { keepBusy } from './started-row.ts';
import type { Step } from './step.ts';

const SESSIONS_LISTED = 5;
/** More refreshes a second than any machine does; each token is presented once. */
const MOST_REFRESHES = 5_000;
const LEAD_IN = 2_000;
const REFRESH_WARM_UP = 'endpoint refresh, warm-up';

export function endpointSteps(stage: Stage, plan: Plan, collected: Collected): readonly Step[] {
  const duration = plan.quick ? 2_500 : 5_000;
  const each = (LEAD_IN + duration) / 1000;
  return Array.from({ length: plan.quick ? 1 : plan.rounds }, (_, round) => ({
    title: `other endpoints, round ${round + 1}`,
    seconds: ENDPOINTS.length * (plan.warmUp / 1000 + each) + 5,
    perform: () =>
      unlessFailed(collected, 'endpoints', async () => {
        collected.endpoints.push(...(await runRound(stage, round, duration, plan.warmUp)));
      }),
  }));
}

/** All on one server, which is warmed up by all of them; another one comes first in each round. */
async function runRound(
  stage: Stage,
  round: number,
  duration: number,
  warmUp: number,
): Promise<EndpointRun[]> {
  await makePools(stage, duration, warmUp);
  const { port, stop } = await startRealServer(stage, passwordThreads());
  const first = round % ENDPOINTS.length;
  const order = [...ENDPOINTS.slice(first), ...ENDPOINTS.slice(0, first)];
  const runs: EndpointRun[] = [];
  try {
    for (const endpoint of order) await keepBusy({ port }, stage, warmUp, warmUpOf(endpoint));
    for (const endpoint of order)
      runs.push(await runEndpoint(endpoint, stage, round, duration, port));
  } finally {
    await stop();
  }
  return runs;
}

/** Refresh tokens are of use once: those of the warm-up are others. */
function warmUpOf(endpoint: Endpoint) {
  return endpoint === 'refresh'
    ? ({ pool: REFRESH_WARM_UP, order: 'once' } as const)
    : ({ pool: `endpoint ${endpoint}`, order: 'random' } as const);
}

async function runEndpoint(
  endpoint: Endpoint,
  stage: Stage,
  round: number,
  duration: number,
  port: number,
): Promise<EndpointRun> {
  const order = endpoint === 'refresh' ? 'once' : 'random';
  const streams = [{ pool: `endpoint ${endpoint}`, order, load: LOADS['50 connections'] }] as const;
  const reads = await stage.reads();
  const [result] = await stage.generator.run({ port, leadIn: LEAD_IN, duration, streams });
  if (result === undefined) throw new Error('the generator measured nothing');
  assertRight(result, endpoint);
  const readsPerRequest = ((await stage.reads()) - reads) / result.answered;
  return { ...result, endpoint, round, readsPerRequest };
}

async function makePools(stage: Stage, duration: number, warmUp: number): Promise<void> {
  const { db, close } = connect(stage.databaseUri(USUAL_ENTRIES), { deadline: MINUTE });
  const collections = openCollections(db);
  try {
    const requests: Readonly<Record<Endpoint, readonly RequestText[]>> = {
      me: ofHotTokens(stage, (token) => get('/api/auth/me', token)),
      introspect: await introspections(stage, collections),
      sessions: await sessionLists(stage, collections),
      refresh: await refreshes(stage, collections, (MOST_REFRESHES * (LEAD_IN + duration)) / 1000),
    };
    for (const endpoint of ENDPOINTS) {
      const pool = `endpoint ${endpoint}`;
      await stage.generator.makePool({ pool, requests: requests[endpoint] });
    }
    const warming = await refreshes(stage, collections, (MOST_REFRESHES * warmUp) / 1000);
    await stage.generator.makePool({ pool: REFRESH_WARM_UP, requests: warming });
  } finally {
    await close();
  }
}

function ofHotTokens({ hot }: Stage, make: (authorization: string) => RequestText) {
  return hot.map((token) => make(bearer(token)));
}

function get(path: string, authorization: string): RequestText {
  return { line: `GET ${path}`, headers: { Authorization: authorization } };
}

/** By one client, as one service asks for all its users. */
async function introspections({ hot }: Stage, { clients }: Collections): Promise<RequestText[]> {
  const [id, secret] = [randomUUID(), randomBytes(32).toString('base64url')];
  const secret_hash = hash('sha256', secret, 'hex');
  await clients.insertOne({ _id: id, name: 'bench', secret_hash, created_at: new Date() });
  const headers = {
    Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  return hot.map(({ token }) => ({
    line: 'POST /oauth/introspect',
    headers,
    body: `token=${token}`,
  }));
}

/** The session that asks is one of those listed. */
async function sessionLists(stage: Stage, { sessions }: Collections): Promise<RequestText[]> {
  if ((await sessions.estimatedDocumentCount()) === 0) {
    const count = HOT_COUNT * (SESSIONS_LISTED - 1);
    const others = Array.from({ length: count }, (_, n) => newSession(userId(n % HOT_COUNT)));
    const own = stage.hot.map(({ token }) => {
      const { sid, sub = '' } = decodeJwt<{ sid: string }>(token);
      return { ...newSession(sub), _id: sid };
    });
    await sessions.insertMany([...own, ...others], { ordered: false });
  }
  return ofHotTokens(stage, (token) => get('/api/auth/sessions', token));
}

/** Each of a session of its own, of users who have none listed. */
async function refreshes({ secret }: Stage, { sessions }: Collections, count: number) {
  const refreshTokens = await createRefreshTokens([secret]);
  const documents = Array.from({ length: count }, (_, n) =>
    newSession(userId(HOT_COUNT + (n % HOT_COUNT))),
  );
  await sessions.insertMany(documents, { ordered: false });
  return documents.map(({ _id: sessionId }) => ({
    line: 'POST /api/auth/refresh',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshTokens.issue({ sessionId, counter: 0 }) }),
  }));
}

function newSession(user: string): SessionDocument {
  const now = Date.now();
  return {
    _id: randomUUID(),
    user_id: user,
    stamp: new Date(now + DAY), // above every cutoff there is, as the bench's tokens have it
    auth_time: new Date(now),
    expires_at: new Date(now + 7 * DAY),
    ends_at: new Date(now + 30 * DAY),
    last_used_at: new Date(now),
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    ip: '192.0.2.1',
    counter: 0,
  };
}
