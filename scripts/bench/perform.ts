import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { type Collected, createCollected } from './collected.ts';
import { endpointSteps } from './endpoints.ts';
import { loginSteps } from './logins.ts';
import { meBesideLoginsSteps } from './me-beside-logins.ts';
import { memorySteps } from './memory.ts';
import { installPeers } from './peer-packages.ts';
import type { Plan } from './plan.ts';
import { performSteps } from './progress-line.ts';
import { REDIS_MISSING } from './redis.ts';
import type { Machine, ReportedRow, Results } from './results.ts';
import { rowSteps } from './row-steps.ts';
import { type Row, USUAL_ENTRIES } from './rows.ts';
import { type Stage, setStage } from './stage.ts';
import { type Step, secondsOf } from './step.ts';
import { storageSteps } from './storage.ts';
import type { Surroundings } from './surroundings.ts';
import { readVersions } from './versions.ts';

/** Does all that the plan says, and returns every figure. */
export async function perform(
  plan: Plan,
  command: string,
  surroundings: Surroundings,
): Promise<Results> {
  const { report, signal } = surroundings;
  const started = new Date();
  const peersFault = plan.rows.some(isPeer) ? await installPeers(report) : undefined;
  const entries = new Set([USUAL_ENTRIES, ...plan.rows.map((row) => row.entries)]);
  const stage = await setStage(entries, surroundings);
  const skipped = new Map(
    plan.rows.flatMap((row) => {
      const reason = whyNot(row, stage, peersFault);
      return reason === undefined ? [] : [[row.id, reason] as const];
    }),
  );
  const collected = createCollected((text) => signal.aborted || report.warn(text));
  const rows = plan.rows.filter(({ id }) => !skipped.has(id));
  const steps = allSteps(rows, entries, stage, plan, collected);
  report.note(`${steps.length} steps, about ${Math.ceil(secondsOf(steps) / 60)} minutes`);
  await performSteps(steps, process.stderr, signal);
  return {
    started: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    command,
    quick: plan.quick,
    rounds: plan.rounds,
    seconds: plan.duration / 1000,
    leadIn: plan.leadIn / 1000,
    warmUp: plan.warmUp / 1000,
    machine: describeMachine(stage, collected),
    versions: await readVersions(stage),
    rows: plan.rows.map((row) =>
      reported(row, collected.failures.get(row.id) ?? skipped.get(row.id)),
    ),
    ...finished(collected),
  };
}

function allSteps(
  rows: readonly Row[],
  entries: ReadonlySet<number>,
  stage: Stage,
  plan: Plan,
  collected: Collected,
): readonly Step[] {
  const { experiments } = plan;
  return [
    ...(experiments.has('storage') ? storageSteps(stage, entries, collected) : []),
    ...rowSteps(rows, stage, plan, collected),
    { title: 'letting everything use all processors', seconds: 0, perform: stage.unpin },
    ...(experiments.has('endpoints') ? endpointSteps(stage, plan, collected) : []),
    ...(experiments.has('logins') ? loginSteps(stage, plan, collected) : []),
    ...(experiments.has('me-beside-logins') ? meBesideLoginsSteps(stage, plan, collected) : []),
    ...(experiments.has('memory') ? memorySteps(stage, plan, collected) : []),
  ];
}

function isPeer({ peer }: Row): boolean {
  return peer !== undefined;
}

function whyNot(row: Row, { redis }: Stage, peersFault: string | undefined): string | undefined {
  if (isPeer(row) && peersFault !== undefined) return peersFault;
  return row.needsRedis && redis === undefined ? REDIS_MISSING : undefined;
}

function describeMachine({ pinning }: Stage, { loadAverages }: Collected): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: Math.max(availableParallelism(), cpus().length),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    pinning: pinning.description,
    loadAverages,
  };
}

function reported(row: Row, skipped: string | undefined): ReportedRow {
  const { id, name, configuration, comparedWith, entries, userLoad, checks } = row;
  return {
    id,
    name,
    configuration,
    entries,
    userLoad,
    checks,
    isPeer: isPeer(row),
    ...(comparedWith && { comparedWith }),
    ...(skipped && { skipped }),
  };
}

/** The figures of what did not fail later on. */
function finished(collected: Collected) {
  const { runs, logins, besideLogins, endpoints, memory, storage, failures } = collected;
  return {
    runs: runs.filter(({ row }) => !failures.has(row)),
    logins: failures.has('logins') ? [] : logins,
    besideLogins: failures.has('me-beside-logins') ? [] : besideLogins,
    endpoints: failures.has('endpoints') ? [] : endpoints,
    memory,
    storage,
    failures: Object.fromEntries(failures),
  };
}
