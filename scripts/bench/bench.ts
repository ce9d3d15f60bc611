import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { type Context, type Environment, openEnvironment } from './environment.ts';
import { listEndpointTasks } from './experiments/endpoints.ts';
import { listBesideLoginsTasks, listLoginTasks } from './experiments/logins.ts';
import { listMemoryTasks, listStorageTasks } from './experiments/space.ts';
import { describeMachine, readVersions } from './machine.ts';
import { makeColdSets, makeHotSets, measureRun } from './measurement.ts';
import { listRuns, type Plan, type Run } from './plan.ts';
import { REDIS_MISSING } from './redis.ts';
import type { ReportedRow, Results } from './results.ts';
import { nameMeasure, type Row } from './rows.ts';
import { PEERS } from './servers.ts';
import { Collector, performTasks, sumSeconds, type Task } from './tasks.ts';

const PEERS_MISSING = 'its packages could not be installed: see npm ci in scripts/bench/peers';

/** Measures everything in the plan and returns every figure. */
export async function runBench(plan: Plan, command: string, context: Context): Promise<Results> {
  const { report, signal } = context;
  const started = new Date();
  const environment = await openEnvironment(plan, context);
  const loadAverages: number[] = [];
  const tasks = listTasks(environment, loadAverages);
  const collector = new Collector();
  const warn = (text: string) => signal.aborted || report.warn(text);
  report.note(`${tasks.length} steps, about ${Math.ceil(sumSeconds(tasks) / 60)} minutes`);
  await performTasks(tasks, process.stderr, signal, (task) => collector.perform(task, warn));
  const { failures } = collector;
  const { quick, rounds, duration, leadIn, warmUp } = plan;
  return {
    started: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    command,
    ...{ quick, rounds, seconds: duration / 1000, leadIn: leadIn / 1000, warmUp: warmUp / 1000 },
    machine: { ...describeMachine(environment), loadAverages },
    versions: await readVersions(environment),
    rows: plan.rows.map((row) => reportRow(row, failures[row.id] ?? findReason(row, environment))),
    ...collector.merge(),
    failures,
  };
}

/** Returns the reason why a row cannot be measured, if there is one. */
function findReason({ peer, revocations }: Row, { redis }: Environment): string {
  if (peer && !existsSync(join(PEERS, 'node_modules'))) return PEERS_MISSING;
  return revocations === 'redis' && redis === undefined ? REDIS_MISSING : '';
}

function listTasks(environment: Environment, loadAverages: number[]): readonly Task[] {
  const wanted = (tasks: readonly Task[]) =>
    tasks.filter(({ id = '' }) => environment.plan.experiments.has(id));
  const unpin: Task = {
    title: 'letting everything use all processors',
    seconds: 0,
    perform: () => environment.unpin(),
  };
  const lists = [listEndpointTasks, listLoginTasks, listBesideLoginsTasks, listMemoryTasks];
  return [
    ...wanted(listStorageTasks(environment)),
    ...listRowTasks(environment, loadAverages),
    unpin,
    ...wanted(lists.flatMap((list) => list(environment))),
  ];
}

/**
 * Lists the runs of all rounds. Each has a server of its own and nothing else runs meanwhile: compiled code
 * and memory layout differ from start to start by some per cent, and an idle server answers less.
 */
function listRowTasks(environment: Environment, loadAverages: number[]): readonly Task[] {
  const { plan } = environment;
  const rows = plan.rows.filter((row) => findReason(row, environment) === '');
  if (rows.length === 0) return [];
  const makeSets = async (): Promise<undefined> => {
    await makeHotSets(environment);
    await makeColdSets(environment);
  };
  const rounds = Array.from({ length: plan.rounds }, (_, round) =>
    listRuns(rows, round).map((run, index) => ({
      ...describeRun(run, round, plan),
      async perform() {
        if (index === 0) loadAverages.push(loadavg()[0] ?? Number.NaN);
        return { runs: await measureRun(run, round, environment) };
      },
    })),
  );
  return [{ title: 'making tokens', seconds: 10, perform: makeSets }, ...rounds.flat()];
}

function describeRun({ row, measures }: Run, round: number, plan: Plan) {
  const [first, ...more] = measures.map(nameMeasure);
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  const title = `round ${round + 1} of ${plan.rounds}: ${row.name}, ${first}${rest}`;
  const each = plan.leadIn + plan.duration + 100;
  return { id: row.id, title, seconds: (1_000 + plan.warmUp + measures.length * each) / 1000 };
}

function reportRow(row: Row, skipped: string): ReportedRow {
  const { id, name, configuration, comparedWith, entries, userLoad, checks } = row;
  const isPeer = row.peer !== undefined;
  const reported = { id, name, configuration, entries, userLoad, checks, isPeer };
  return { ...reported, ...(comparedWith && { comparedWith }), ...(skipped && { skipped }) };
}
