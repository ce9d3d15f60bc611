import type { Environment } from './environment.ts';
import { type LoadTask, meRequest, type StreamResult } from './generator/protocol.ts';
import type { Run } from './plan.ts';
import type { Measurement } from './results.ts';
import { LOADS, type LoadName, nameMeasure, type Row } from './rows.ts';
import { type RowServer, startRowServer } from './servers.ts';
import { HOT_COUNT } from './tokens.ts';

/** Share of the warm-up that has new tokens, when the server is measured with new tokens. */
const COLD_WARM_UP = 1 / 3;

/** The most requests a second that new tokens are issued for: a cold measurement ends with its tokens. */
const MAX_PER_SECOND: Readonly<Record<LoadName, number>> = {
  '1 connection': 6_000,
  '50 connections': 20_000,
  '200 connections': 20_000,
  '200/s': 210,
};

/** Makes the requests with known tokens, of which some are revoked, and those with new tokens. */
export async function makeRequestSets(environment: Environment): Promise<void> {
  const { generator, hot, revoked } = environment;
  const request = (status: number) => (token: string) =>
    meRequest('Authorization', `Bearer ${token}`, status);
  const [good, refused] = [hot.map(request(200)), revoked.map(request(401))];
  for (const [set, share] of Object.entries({ hot: 0, '1 % revoked': 0.01, '50 % revoked': 0.5 })) {
    const count = HOT_COUNT * share;
    await generator.makeSet({ set, requests: [...good.slice(count), ...refused.slice(0, count)] });
  }
  await makeColdSets(environment);
}

/** Issues as many tokens as a measurement of each load can use up; they are new to each new server. */
async function makeColdSets({ generator, secret, plan }: Environment): Promise<void> {
  const measures = plan.rows.flatMap((row) => row.measures);
  const cold = measures.filter(({ pattern }) => pattern === 'cold').map(({ load }) => load);
  if (cold.length === 0) return;
  const make = (set: string, load: LoadName, milliseconds: number) => {
    const count = Math.ceil((MAX_PER_SECOND[load] * milliseconds) / 1000);
    return generator.makeSet({ set, issue: { secret, count } });
  };
  await make('warm-up', '50 connections', plan.warmUp * COLD_WARM_UP);
  for (const load of new Set(cold)) await make(`cold, ${load}`, load, plan.leadIn + plan.duration);
}

/** Starts the server of a row, checks its answers, warms it up, takes all measures, and stops it. */
export async function measureRun({ row, measures }: Run, round: number, environment: Environment) {
  const { warmUp, leadIn, duration } = environment.plan;
  await using server = await startRowServer(row, environment);
  const { port, usage } = server;
  const ownSet = await checkAnswers(row, server, environment);
  await keepBusy(environment, port, warmUp, ownSet ?? 'hot');
  if (measures.some(({ pattern }) => pattern === 'cold')) {
    await keepBusy(environment, port, warmUp * COLD_WARM_UP, 'warm-up', 'once');
  }
  const measurements: Measurement[] = [];
  for (const measure of measures) {
    const { load, pattern } = measure;
    const cold = { set: `cold, ${load}`, order: 'once' } as const;
    const hot = { set: ownSet ?? pattern, order: 'random' } as const;
    const streams = [{ ...(pattern === 'cold' ? cold : hot), load: LOADS[load] }];
    const task = { port, leadIn, duration, streams };
    const { cpu: before } = await usage();
    const name = `${row.name}, ${nameMeasure(measure)}`;
    const measured = await measureWithReads(environment, name, task);
    const { cpu: after } = await usage();
    const cpu = after.user + after.system - before.user - before.system;
    const cpuPerRequest = cpu / measured.answered;
    measurements.push({ ...measured, cpuPerRequest, ...measure, round, row: row.id });
  }
  return measurements;
}

/** Keeps 50 connections busy for so long, or until each request was sent once; measures nothing. */
export async function keepBusy(
  { generator }: Environment,
  port: number,
  duration: number,
  set: string,
  order: 'random' | 'once' = 'random',
): Promise<void> {
  const streams = [{ set, order, load: LOADS['50 connections'] }];
  await generator.run({ port, leadIn: 0, duration, streams });
}

/** Measures streams. Throws WrongAnswer on a single unexpected response. */
export async function measureStreams({ generator }: Environment, what: string, task: LoadTask) {
  const results = await generator.run(task);
  for (const { wrong, statuses } of results) {
    if (wrong === 0) continue;
    const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
    throw new WrongAnswer(`${what}: ${wrong} wrong answers (${counts.join(', ')})`);
  }
  return results as readonly [StreamResult, ...StreamResult[]];
}

/** Measures a stream, and the reads it causes. */
export async function measureWithReads(environment: Environment, what: string, task: LoadTask) {
  const before = await environment.countReads();
  const [result] = await measureStreams(environment, what, task);
  const readsPerRequest = ((await environment.countReads()) - before) / result.answered;
  return { ...result, readsPerRequest };
}

/** Probes the server of a row. Returns the name of its own request set when it has its own sessions. */
async function checkAnswers(row: Row, { port, seed }: RowServer, environment: Environment) {
  const { generator, hot, revoked } = environment;
  if (!row.ownSessions) {
    const [good, refused] = [`Bearer ${hot[0]}`, `Bearer ${revoked[0]}`];
    await probe(row, port, { headerName: 'Authorization', good, revoked: refused });
    return undefined;
  }
  const { headers, headerName } = await seed(HOT_COUNT);
  await probe(row, port, { headerName, good: headers[0] ?? '' });
  const requests = headers.map((value) => meRequest(headerName, value));
  await generator.makeSet({ set: row.id, requests });
  return row.id;
}

/** A response that contradicts the row: its figures would be those of something else. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer' as const;
}

const FIELDS = 'company_id,email,id,name,roles,session_id';

/**
 * Checks that a server behaves as its row claims, before it is measured: the fields of a good answer, and the
 * status for no credential, for junk and for a revoked token. Throws WrongAnswer.
 *
 * @param credentials - values of a header: a good one, and a revoked one unless the server has its own sessions.
 */
export async function probe(
  { name, checks }: Row,
  port: number,
  credentials: { readonly headerName: string; readonly good: string; readonly revoked?: string },
): Promise<void> {
  const { headerName, good, revoked } = credentials;
  const ask = async (what: string, headers: Record<string, string>, expected: number) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/auth/me`, { headers });
    const body = await response.text();
    if (response.status === expected) return body;
    const answered = `${name} answered ${response.status} to ${what}, not ${expected}`;
    throw new WrongAnswer(`${answered}: ${body.slice(0, 200)}`);
  };

  const body = JSON.parse(await ask('a good credential', { [headerName]: good }, 200));
  const fields = Object.keys(body).sort().join();
  if (fields !== FIELDS) throw new WrongAnswer(`${name} answered the fields ${fields}`);
  const refusal = checks === 'nothing' ? 200 : 401;
  await ask('no credential', {}, refusal);
  await ask('junk', { [headerName]: `${good.slice(0, 20)}junk` }, refusal);
  if (revoked === undefined) return;
  await ask('a revoked token', { [headerName]: revoked }, checks === 'revocation' ? 401 : 200);
}
