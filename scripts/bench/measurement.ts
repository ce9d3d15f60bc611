import type { Environment } from './environment.ts';
import { runClosedLoop, runStream, type Stream, type Times } from './generator/loops.ts';
import {
  describeIntrospection,
  meRequest,
  once,
  randomly,
  type Source,
} from './generator/requests.ts';
import type { Measurement } from './results.ts';
import { isCold, LOADS, nameMeasure, type Row } from './rows.ts';
import { type RowServer, startRowServer } from './servers.ts';
import { HOT_COUNT } from './tokens.ts';

/** Starts the server of a row, checks its answers, warms it up, takes all measures, and stops it. */
export async function measureRow(row: Row, round: number, environment: Environment) {
  const { leadIn, duration } = environment.plan;
  await using server = await startRowServer(row, environment);
  const requests = await warmUpRow(row, server, environment);
  const times = { port: server.port, leadIn, duration };
  const measurements: Measurement[] = [];
  for (const measure of row.measures) {
    const { load, pattern } = measure;
    const source = pattern === 'cold' ? requests.cold : randomly(requests[pattern]);
    const stream = { source, load: LOADS[load] };
    if (isCold(measure)) await keepBusy(server.port, source, environment.plan.coldWarmUp);
    const name = `${row.name}, ${nameMeasure(measure)}`;
    const { cpu: before } = await server.usage();
    const measured = await measureWithReads(environment, name, times, stream);
    const { cpu: after } = await server.usage();
    const cpu = after.user + after.system - before.user - before.system;
    const cpuPerRequest = cpu / measured.answered;
    measurements.push({ ...measured, cpuPerRequest, ...measure, round, row: row.id });
  }
  return measurements;
}

/** The most milliseconds for sending each known token once, which ends long before. */
const LONGEST = 30_000;

/**
 * Checks the answers of a server, and keeps it busy by its first measure: at first with each request once, so that all
 * tokens are known afterwards, however slow the server is. Returns the requests for it.
 */
export async function warmUpRow(row: Row, server: RowServer, { plan, ...rest }: Environment) {
  const requests = await checkAnswers(row, server, rest);
  const warm = requests[row.measures[0]?.pattern === 'introspection' ? 'introspection' : 'hot'];
  const started = performance.now();
  await keepBusy(server.port, once(warm), LONGEST);
  const left = plan.warmUp - (performance.now() - started);
  await keepBusy(server.port, randomly(warm), Math.max(left, plan.warmUp / 2));
  return { ...requests, cold: once(requests.cold) }; // new to each new server
}

/** Keeps 50 connections busy for so long, or until the source ends; measures nothing. */
export async function keepBusy(port: number, source: Source, duration: number): Promise<void> {
  await runClosedLoop({ port, leadIn: 0, duration }, source, 50);
}

/** Measures a stream. Throws WrongAnswer on a single unexpected response. */
async function measureStream(name: string, times: Times, stream: Stream) {
  const result = await runStream(times, stream);
  if (result.wrong === 0) return result;
  const counts = Object.entries(result.statuses).map((each) => each.toReversed().join(' × '));
  throw new WrongAnswer(`${name}: ${result.wrong} wrong answers (${counts.join(', ')})`);
}

/** Measures a stream, and the commands that MongoDB answers meanwhile. */
async function measureWithReads(
  { countCommands }: Environment,
  ...measured: Parameters<typeof measureStream>
) {
  const [before, started] = [await countCommands(), performance.now()];
  const result = await measureStream(...measured);
  const [after, seconds] = [await countCommands(), (performance.now() - started) / 1000];
  return {
    ...result,
    readsPerRequest: (after.reads - before.reads) / result.answered,
    getMoresPerSecond: (after.getMores - before.getMores) / seconds,
    writesPerSecond: (after.writes - before.writes) / seconds,
  };
}

/** Probes the server of a row. Returns the requests for it: its own ones when it has its own sessions. */
async function checkAnswers(
  row: Row,
  { port, seed }: RowServer,
  environment: Pick<Environment, 'requests' | 'hot' | 'revoked' | 'client'>,
) {
  const { requests, hot, revoked } = environment;
  if (!row.ownSessions) {
    const [good, refused] = [`Bearer ${hot[0]}`, `Bearer ${revoked[0]}`];
    await probe(row, port, { headerName: 'Authorization', good, revoked: refused });
    if (row.id.startsWith('introspect')) await probeIntrospection(row, port, environment);
    return requests;
  }
  const { headers, headerName } = await seed(HOT_COUNT);
  await probe(row, port, { headerName, good: headers[0] ?? '' });
  return { ...requests, hot: headers.map((value) => meRequest(headerName, value)) };
}

/** A response that contradicts the row: its figures would be those of something else. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer' as const;
}

const FIELDS = 'company_id,email,id,name,roles,session_id';

/**
 * Checks that a server behaves as its row claims, before it is measured: the fields of a good answer, and the
 * status for no credential, for junk and for a revoked token. The credentials are values of the header. Throws
 * WrongAnswer.
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

/** Checks that a server introspects a good token as active, which no status tells. Throws WrongAnswer. */
export async function probeIntrospection(
  { name }: Row,
  port: number,
  { client, hot }: Pick<Environment, 'client' | 'hot'>,
): Promise<void> {
  const { method, target, headers, body } = describeIntrospection(client, hot[0] ?? '');
  const response = await fetch(`http://127.0.0.1:${port}${target}`, { method, headers, body });
  const answer = await response.text();
  if (response.status === 200 && JSON.parse(answer).active === true) return;
  throw new WrongAnswer(`${name} introspected a good token: ${response.status} ${answer}`);
}
