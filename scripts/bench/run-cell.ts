import type { StreamResult } from './load/protocol.ts';
import { LOADS, type Measure } from './loads.ts';
import type { Plan } from './plan.ts';
import { WrongAnswer } from './probe.ts';
import type { Run } from './results.ts';
import type { Row } from './rows.ts';
import type { Usage } from './server-process.ts';
import type { Stage } from './stage.ts';
import type { StartedRow } from './started-row.ts';

/** One measure of one row. */
export interface Cell {
  readonly row: Row;
  readonly measure: Measure;
}

/** Measures one cell in one round. Throws WrongAnswer when one answer was not what it must be. */
export async function runCell(
  { row, measure }: Cell,
  { server, poolOf }: StartedRow,
  round: number,
  stage: Stage,
  { leadIn, duration }: Plan,
): Promise<Run> {
  const { load, pattern } = measure;
  const order = pattern === 'cold' ? 'once' : 'random';
  const stream = { pool: poolOf(measure), order, load: LOADS[load] } as const;
  const reads = await stage.reads();
  const before = await server.usage();
  const [result] = await stage.generator.run({
    port: server.port,
    leadIn,
    duration,
    streams: [stream],
  });
  const after = await server.usage();
  if (result === undefined) throw new Error('the generator measured nothing');
  assertRight(result, `${row.name}, ${load}, ${pattern}`);
  return {
    ...measure,
    ...result,
    round,
    row: row.id,
    cpuPerRequest: cpuBetween(before, after) / result.answered,
    readsPerRequest: ((await stage.reads()) - reads) / result.answered,
  };
}

/** A figure of wrong answers is a figure of something else. */
export function assertRight({ wrong, statuses }: StreamResult, what: string): void {
  if (wrong === 0) return;
  const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
  throw new WrongAnswer(`${what}: ${wrong} wrong answers (${counts.join(', ')})`);
}

/** In microseconds. */
function cpuBetween({ cpu: before }: Usage, { cpu: after }: Usage): number {
  return after.user + after.system - before.user - before.system;
}
