import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../dev/progress.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { measureEndpoints } from './experiments/endpoints.ts';
import { measureBesideLogins, measureLogins } from './experiments/logins.ts';
import { measureMemory, measureStorage } from './experiments/space.ts';
import { describeMachine, readVersions } from './machine.ts';
import { measureRun } from './measurement.ts';
import { type ExperimentName, listRuns, type Plan, type Run } from './plan.ts';
import { REDIS_MISSING } from './redis.ts';
import type { Findings, ReportedRow, Results } from './results.ts';
import { nameMeasure, type Row } from './rows.ts';
import { PEERS } from './servers.ts';
import { performTasks, sumSeconds, type Task } from './tasks.ts';

const PEERS_MISSING = 'its packages could not be installed: see npm ci in scripts/bench/peers';

interface Experiment {
  /** Estimate for a round of a full run. */
  readonly seconds: number;
  /** True for an experiment that has no rounds. */
  readonly once?: boolean;
  measure(environment: Environment, round: number): Promise<Partial<Findings>>;
}

const EXPERIMENTS: Readonly<Record<ExperimentName, Experiment>> = {
  endpoints: { seconds: 57, measure: measureEndpoints },
  logins: { seconds: 20, measure: measureLogins },
  'me-beside-logins': { seconds: 38, measure: measureBesideLogins },
  memory: { seconds: 130, once: true, measure: measureMemory },
  storage: { seconds: 1, once: true, measure: measureStorage },
};

/** Measures everything in the plan and returns every figure. */
export async function runBench(
  plan: Plan,
  command: string,
  report: Report,
  signal: AbortSignal,
): Promise<Results> {
  const started = new Date();
  const environment = await openEnvironment(plan, report);
  const loadAverages: number[] = [];
  const tasks = [
    ...listExperimentTasks(['storage'], environment),
    ...listRowTasks(environment, loadAverages),
    ...listExperimentTasks(['endpoints', 'logins', 'me-beside-logins', 'memory'], environment),
  ];
  report.note(`${tasks.length} steps, about ${Math.ceil(sumSeconds(tasks) / 60)} minutes`);
  const outcome = await performTasks(tasks, process.stderr, signal);
  const { quick, rounds, duration, leadIn, warmUp } = plan;
  return {
    started: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    command,
    ...{ quick, rounds, seconds: duration / 1000, leadIn: leadIn / 1000, warmUp: warmUp / 1000 },
    machine: { ...describeMachine(environment), loadAverages },
    versions: await readVersions(environment),
    rows: plan.rows.map((row) => {
      return reportRow(row, outcome.failures[row.id] ?? findReason(row, environment));
    }),
    ...outcome,
  };
}

/** Returns the reason why a row cannot be measured, if there is one. */
function findReason({ peer, revocations }: Row, { redis }: Environment): string {
  if (peer && !existsSync(join(PEERS, 'node_modules'))) return PEERS_MISSING;
  return revocations === 'redis' && redis === undefined ? REDIS_MISSING : '';
}

function reportRow(row: Row, skipped: string): ReportedRow {
  const { id, name, configuration, comparedWith, entries, userLoad, checks } = row;
  const isPeer = row.peer !== undefined;
  const reported = { id, name, configuration, entries, userLoad, checks, isPeer };
  return { ...reported, ...(comparedWith && { comparedWith }), ...(skipped && { skipped }) };
}

/** Lists the rounds of experiments; a quick run has one of each. */
function listExperimentTasks(names: readonly ExperimentName[], environment: Environment) {
  const { quick, rounds, experiments } = environment.plan;
  return names
    .filter((id) => experiments.has(id))
    .flatMap((id): readonly Task[] => {
      const { seconds, once, measure } = EXPERIMENTS[id];
      return Array.from({ length: quick || once ? 1 : rounds }, (_, round) => ({
        id,
        title: `${id}, round ${round + 1}`,
        seconds: quick ? seconds / 2 : seconds,
        perform: () => measure(environment, round),
      }));
    });
}

/**
 * Lists the runs of all rounds. Each has a server of its own and nothing else runs meanwhile: compiled code
 * and memory layout differ from start to start by some per cent, and an idle server answers less.
 */
function listRowTasks(environment: Environment, loadAverages: number[]): readonly Task[] {
  const { plan } = environment;
  const rows = plan.rows.filter((row) => findReason(row, environment) === '');
  return Array.from({ length: plan.rounds }, (_, round) =>
    listRuns(rows, round).map((run, index) => ({
      ...describeRun(run, round, plan),
      async perform() {
        if (index === 0) loadAverages.push(loadavg()[0] ?? Number.NaN);
        return { runs: await measureRun(run, round, environment) };
      },
    })),
  ).flat();
}

function describeRun({ row, measures }: Run, round: number, plan: Plan) {
  const title = `round ${round + 1} of ${plan.rounds}: ${row.name}, ${measures.map(nameMeasure).join('; ')}`;
  const each = plan.leadIn + plan.duration + 100;
  return { id: row.id, title, seconds: (1_000 + plan.warmUp + measures.length * each) / 1000 };
}
