import { loadavg } from 'node:os';
import { type Collected, unlessFailed } from './collected.ts';
import type { LoadName } from './loads.ts';
import { type Cell, cellsOfRound, coldTokens, keyOf, type Plan } from './plan.ts';
import type { Row } from './rows.ts';
import { runCell } from './run-cell.ts';
import type { Stage } from './stage.ts';
import { isCold, makeSharedPools, type StartedRow, startRow } from './started-row.ts';
import type { Step } from './step.ts';

/** All that is measured of the rows, round by round. */
export function rowSteps(
  rows: readonly Row[],
  stage: Stage,
  plan: Plan,
  collected: Collected,
): readonly Step[] {
  if (rows.length === 0) return [];
  const parts = { stage, plan, collected, servers: new Map<string, StartedRow>() };
  const rounds = Array.from({ length: plan.rounds }, (_, round) => [
    ...(round === 0 || plan.freshServers ? startSteps(rows, parts) : []),
    ...roundSteps(rows, round, parts),
    ...(round === plan.rounds - 1 || plan.freshServers ? [stopStep(parts)] : []),
  ]);
  const pools: Step = {
    title: 'making requests',
    seconds: 1,
    perform: () => makeSharedPools(stage),
  };
  return [pools, ...rounds.flat()];
}

interface Parts {
  readonly stage: Stage;
  readonly plan: Plan;
  readonly collected: Collected;
  readonly servers: Map<string, StartedRow>;
}

function startSteps(rows: readonly Row[], parts: Parts): readonly Step[] {
  const { stage, plan, collected, servers } = parts;
  const { warmUp } = plan;
  const starts = rows.map((row) => ({
    title: `starting and warming up: ${row.name}`,
    seconds: 1 + (warmUp * (isCold(row) ? 1.5 : 1)) / 1000,
    perform: () =>
      unlessFailed(collected, row.id, async () => {
        servers.set(row.id, await startRow(row, stage, plan));
      }),
  }));
  return [
    mintStep('warm-up', '50 connections', stage, { leadIn: 0, duration: warmUp / 2 }),
    ...starts,
  ];
}

function roundSteps(rows: readonly Row[], round: number, parts: Parts): readonly Step[] {
  const { stage, plan, collected } = parts;
  const steps: Step[] = [];
  let minted: LoadName | undefined;
  for (const cell of cellsOfRound(rows, round)) {
    const { load, pattern } = cell.measure;
    if (pattern === 'cold' && minted !== load) {
      steps.push(mintStep('cold', load, stage, plan));
      minted = load;
    }
    steps.push(cellStep(cell, round, parts));
  }
  const note = async () => void collected.loadAverages.push(loadavg()[0] ?? Number.NaN);
  return [{ title: 'reading the load average', seconds: 0, perform: note }, ...steps];
}

function cellStep(cell: Cell, round: number, { stage, plan, collected, servers }: Parts): Step {
  const { row, measure } = cell;
  return {
    title: `round ${round + 1} of ${plan.rounds}: ${row.name}, ${keyOf(measure)}`,
    seconds: (plan.leadIn + plan.duration) / 1000 + 0.2,
    perform: () =>
      unlessFailed(collected, row.id, async () => {
        const started = servers.get(row.id);
        if (started === undefined) throw new Error('its server does not run');
        collected.runs.push(await runCell(cell, started, round, stage, plan));
      }),
  };
}

/** Tokens that no server has seen; all rows get the same ones, each once. */
function mintStep(
  pool: string,
  load: LoadName,
  { generator, secret }: Stage,
  times: Pick<Plan, 'duration' | 'leadIn'>,
): Step {
  const count = coldTokens(times, load);
  return {
    title: `making ${count.toLocaleString('en')} tokens`,
    seconds: count / 60_000,
    perform: () => generator.makePool({ pool, mint: { secret, count } }),
  };
}

function stopStep({ servers }: Parts): Step {
  return {
    title: 'stopping the servers',
    seconds: 0.2,
    async perform() {
      await Promise.all([...servers.values()].map(({ server }) => server.stop()));
      servers.clear();
    },
  };
}
