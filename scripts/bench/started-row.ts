import type { StreamTask } from './load/protocol.ts';
import { LOADS, type Measure } from './loads.ts';
import type { Plan, Turn } from './plan.ts';
import { COLD_WARM_UP, poolOf, WARM_UP_POOL } from './pools.ts';
import { HOT_COUNT } from './population.ts';
import { bearer, probe } from './probe.ts';
import type { Row } from './rows.ts';
import type { ServerProcess } from './server-process.ts';
import type { Stage } from './stage.ts';

/** The server of a row, running and warm. */
export interface StartedRow {
  readonly server: ServerProcess;
  /** The generator's pool of requests for a measure. */
  readonly poolOf: (measure: Measure) => string;
}

/** Starts a row's server, makes sure that it answers rightly, and warms it up for what is to be measured. */
export async function startRow(
  { row, measures }: Turn,
  stage: Stage,
  { warmUp }: Pick<Plan, 'warmUp'>,
): Promise<StartedRow> {
  const server = await stage.startRow(row);
  try {
    const started = { server, poolOf: await pools(row, server, stage) };
    const hot = started.poolOf({ load: '50 connections', pattern: 'hot' });
    await keepBusy(server, stage, warmUp, { pool: hot, order: 'random' });
    if (measures.some(({ pattern }) => pattern === 'cold')) {
      const fresh = { pool: WARM_UP_POOL, order: 'once' } as const;
      await keepBusy(server, stage, warmUp * COLD_WARM_UP, fresh);
    }
    return started;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Keeps 50 connections busy for so many milliseconds, or until each request was sent once; measures nothing. */
export async function keepBusy(
  { port }: Pick<ServerProcess, 'port'>,
  { generator }: Stage,
  duration: number,
  stream: Pick<StreamTask, 'pool' | 'order'>,
): Promise<void> {
  const streams = [{ ...stream, load: LOADS['50 connections'] }];
  await generator.run({ port, leadIn: 0, duration, streams });
}

/** Asks the server whether it does what its row says, and tells which pools are for it. */
async function pools(row: Row, server: ServerProcess, stage: Stage): Promise<typeof poolOf> {
  if (row.ownSessions) return ownPool(row, server, stage);
  const [good, revoked] = [stage.hot[0], stage.revoked[0]];
  if (good === undefined || revoked === undefined) throw new Error('there are no tokens');
  const headerName = 'Authorization';
  await probe(row, server.port, { headerName, good: bearer(good), revoked: bearer(revoked) });
  return poolOf;
}

async function ownPool(row: Row, { port, seed }: ServerProcess, { generator }: Stage) {
  const { headers, headerName } = await seed(HOT_COUNT);
  const [good = ''] = headers;
  await probe(row, port, { headerName, good, revoked: undefined });
  const credentials = headers.map((value) => ({ name: headerName, value, expected: [200] }));
  await generator.makePool({ pool: row.id, credentials });
  return () => row.id;
}
