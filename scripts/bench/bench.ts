import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../dev/progress.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { describeMachine, readVersions } from './machine.ts';
import { measureRow } from './measurement.ts';
import { EXPERIMENTS, orderRows, type Plan } from './plan.ts';
import { REDIS_MISSING } from './redis.ts';
import type { ReportedRow } from './results.ts';
import { isCold, nameMeasure, type Row } from './rows.ts';
import { PEERS } from './servers.ts';
import { performTasks, type Task } from './tasks.ts';

const PEERS_MISSING = 'its packages could not be installed: see npm ci in scripts/bench/peers';

/** Measures everything in the plan and returns every figure. Times are seconds. */
export async function runBench(plan: Plan, command: string, report: Report, signal: AbortSignal) {
  const started = new Date();
  const environment = await openEnvironment(plan, report);
  const loadAverages: number[] = [];
  const tasks = [...listRowTasks(environment, loadAverages), ...listExperimentTasks(environment)];
  const outcome = await performTasks(tasks, process.stderr, signal);
  const { quick, rounds, duration, leadIn, warmUp } = plan;
  const times = { seconds: duration / 1000, leadIn: leadIn / 1000, warmUp: warmUp / 1000 };
  return {
    started: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    command,
    quick,
    rounds,
    ...times,
    machine: { ...describeMachine(environment), loadAverages },
    versions: await readVersions(environment),
    rows: plan.rows.map((row) => reportRow(row, outcome.failures[row.id], environment)),
    ...outcome,
  };
}

function reportRow(row: Row, failure: string | undefined, environment: Environment): ReportedRow {
  const { id, name, configuration, comparedWith, entries, userLoad, checks } = row;
  const isPeer = row.peer !== undefined;
  const skipped = failure ?? findObstacle(row, environment);
  return { id, name, configuration, entries, userLoad, checks, isPeer, comparedWith, skipped };
}

/** Returns the reason why a row cannot be measured, if there is one. */
function findObstacle({ peer, revocations }: Row, { redis }: Environment): string | undefined {
  if (peer && !existsSync(join(PEERS, 'node_modules'))) return PEERS_MISSING;
  return revocations === 'redis' && redis === undefined ? REDIS_MISSING : undefined;
}

function listExperimentTasks(environment: Environment): readonly Task[] {
  const { quick, experiments } = environment.plan;
  const wanted = Object.entries(EXPERIMENTS).filter(([id]) => experiments.includes(id));
  return wanted.map(([id, [seconds, measure]]) => ({
    id,
    title: id,
    seconds: quick ? seconds / 2 : seconds,
    perform: () => measure(environment),
  }));
}

/**
 * Lists the runs of all rounds. Each has a server of its own and nothing else runs meanwhile: compiled code
 * and memory layout differ from start to start by some per cent, and an idle server answers less.
 */
function listRowTasks(environment: Environment, loadAverages: number[]): readonly Task[] {
  const { plan } = environment;
  const rows = plan.rows.filter((row) => findObstacle(row, environment) === undefined);
  return Array.from({ length: plan.rounds }, (_, round) =>
    orderRows(rows, round).map((row, index) => ({
      ...describeRun(row, round, plan),
      async perform() {
        if (index === 0) loadAverages.push(loadavg()[0] ?? Number.NaN);
        return { runs: await measureRow(row, round, environment) };
      },
    })),
  ).flat();
}

/** Seconds that the start and the end of a server take. */
const START_AND_STOP = 1.5;

function describeRun({ id, name, measures }: Row, round: number, plan: Plan) {
  const title = `round ${round + 1} of ${plan.rounds}: ${name}, ${measures.map(nameMeasure).join('; ')}`;
  const { warmUp, coldWarmUp, leadIn, duration } = plan;
  const cold = measures.some(isCold) ? coldWarmUp : 0;
  const measured = measures.length * (leadIn + duration + 100);
  return { id, title, seconds: START_AND_STOP + (warmUp + cold + measured) / 1000 };
}
