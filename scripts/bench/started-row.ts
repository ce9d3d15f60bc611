import type { StreamTask } from './load/protocol.ts';
import type { Credential } from './load/requests.ts';
import { LOADS, type Pattern } from './loads.ts';
import type { Plan } from './plan.ts';
import { HOT_COUNT } from './population.ts';
import { bearer, probe } from './probe.ts';
import type { Row } from './rows.ts';
import type { ServerProcess } from './server-process.ts';
import type { Stage } from './stage.ts';
import type { MintedToken } from './tokens.ts';

/** The server of a row, running and warm. */
export interface StartedRow {
  readonly row: Row;
  readonly server: ServerProcess;
  /** The generator's pool of requests for a pattern. */
  poolOf(pattern: Pattern): string;
}

/** The pools of requests that all rows share; cold ones are made for each load of each round. */
export async function makeSharedPools({ generator, hot, revoked }: Stage): Promise<void> {
  const good = hot.map((token) => authorization(token, 200));
  const refused = revoked.map((token) => authorization(token, 401));
  const withShare = (share: number) => {
    const count = HOT_COUNT * share;
    return [...good.slice(count), ...refused.slice(0, count)];
  };
  await generator.makePool({ pool: 'hot', credentials: good });
  await generator.makePool({ pool: '1 % revoked', credentials: withShare(0.01) });
  await generator.makePool({ pool: '50 % revoked', credentials: withShare(0.5) });
}

function authorization(token: MintedToken, status: number): Credential {
  return { name: 'Authorization', value: bearer(token), expected: [status] };
}

/** Starts a row's server, makes sure that it answers rightly, and warms it up by what it will be measured with. */
export async function startRow(row: Row, stage: Stage, plan: Plan): Promise<StartedRow> {
  const server = await stage.startRow(row);
  try {
    const started = { row, server, poolOf: await pools(row, server, stage) };
    await warmUp(started, stage, plan);
    return started;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Whether it is measured with new tokens as well. */
export function isCold({ measures }: Row): boolean {
  return measures.some(({ pattern }) => pattern === 'cold');
}

async function warmUp({ row, server, poolOf }: StartedRow, stage: Stage, plan: Plan) {
  const load = LOADS['50 connections'];
  const run = (duration: number, stream: Pick<StreamTask, 'pool' | 'order'>) => {
    const streams = [{ ...stream, load }];
    return stage.generator.run({ port: server.port, leadIn: 0, duration, streams });
  };
  await run(plan.warmUp, { pool: poolOf('hot'), order: 'random' });
  if (isCold(row)) {
    await run(plan.warmUp / 2, { pool: 'warm-up', order: 'once' });
  }
}

/** Asks the server whether it does what its row says, and tells which pools are for it. */
async function pools(row: Row, { port, seed }: ServerProcess, stage: Stage) {
  if (row.ownSessions) return ownPools(row, port, await seed(HOT_COUNT), stage);
  const [good, revoked] = [stage.hot[0], stage.revoked[0]];
  if (good === undefined || revoked === undefined) throw new Error('there are no tokens');
  const headerName = 'Authorization';
  await probe(row, port, { headerName, good: bearer(good), revoked: bearer(revoked) });
  return (pattern: Pattern) => pattern;
}

async function ownPools(
  row: Row,
  port: number,
  { headers, headerName }: Awaited<ReturnType<ServerProcess['seed']>>,
  { generator }: Stage,
) {
  const [good = ''] = headers;
  await probe(row, port, { headerName, good, revoked: undefined });
  const credentials = headers.map((value) => ({ name: headerName, value, expected: [200] }));
  await generator.makePool({ pool: row.id, credentials });
  return () => row.id;
}
