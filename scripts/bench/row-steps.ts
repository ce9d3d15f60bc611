import { loadavg } from 'node:os';
import { type Collected, unlessFailed } from './collected.ts';
import { keyOf, type Plan, type Turn, turnsOfRound } from './plan.ts';
import { makeColdPools, makeHotPools } from './pools.ts';
import type { Row } from './rows.ts';
import { runCell } from './run-cell.ts';
import type { Stage } from './stage.ts';
import { startRow } from './started-row.ts';
import type { Step } from './step.ts';

/**
 * All that is measured of the rows, round by round. Each turn of a row has a server of its own, and no
 * other one runs meanwhile: what the compiler makes of a program, and where its memory lies, differ from
 * start to start by some per cent, and a server that has waited answers less than one that has not.
 */
export function rowSteps(
  rows: readonly Row[],
  stage: Stage,
  plan: Plan,
  collected: Collected,
): readonly Step[] {
  if (rows.length === 0) return [];
  const rounds = Array.from({ length: plan.rounds }, (_, round) => [
    noteLoad(collected),
    ...turnsOfRound(rows, round).map((turn) => turnStep(turn, round, stage, plan, collected)),
  ]);
  return [poolStep(stage, plan), ...rounds.flat()];
}

function poolStep(stage: Stage, plan: Plan): Step {
  return {
    title: 'making tokens',
    seconds: 4,
    async perform() {
      await makeHotPools(stage);
      await makeColdPools(stage, plan);
    },
  };
}

function noteLoad({ loadAverages }: Collected): Step {
  return {
    title: 'reading the load average',
    seconds: 0,
    perform: async () => void loadAverages.push(loadavg()[0] ?? Number.NaN),
  };
}

function turnStep(turn: Turn, round: number, stage: Stage, plan: Plan, collected: Collected): Step {
  const { row, measures } = turn;
  const [first, ...more] = measures.map(keyOf);
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  const seconds = 1_000 + plan.warmUp + measures.length * (plan.leadIn + plan.duration + 100);
  return {
    title: `round ${round + 1} of ${plan.rounds}: ${row.name}, ${first}${rest}`,
    seconds: seconds / 1000,
    perform: () =>
      unlessFailed(collected, row.id, () => runTurn(turn, round, stage, plan, collected)),
  };
}

async function runTurn(
  turn: Turn,
  round: number,
  stage: Stage,
  plan: Plan,
  { runs }: Collected,
): Promise<void> {
  const started = await startRow(turn, stage, plan);
  try {
    for (const measure of turn.measures) {
      runs.push(await runCell({ row: turn.row, measure }, started, round, stage, plan));
    }
  } finally {
    await started.server.stop();
  }
}
