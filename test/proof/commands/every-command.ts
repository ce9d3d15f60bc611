import { createCleanups } from '../../../scripts/dev/cleanups.ts';
import { migratedDatabase, type TestDatabase } from '../../helpers/database.ts';
import type { Scope } from '../../helpers/scope.ts';
import { breakableServer, breakEachCommand, DEADLINE, type Round } from './break-each-command.ts';
import { FAULTS, type FaultName, SILENT } from './faults.ts';
import { type GoodRequest, goodRequests, nameRequest } from './requests.ts';

export interface NamedRound extends Round {
  readonly request: GoodRequest;
  readonly fault: FaultName;
}

/** The faults of a request: each of these at each of its commands, or at each command the next of them in turn. */
export interface Plan {
  readonly faults: readonly FaultName[];
  readonly inTurn: boolean;
}

/** REQUEST_DEADLINE in milliseconds where passwords are checked beside other tests. */
const PATIENT_DEADLINE = 20_000;

/** Requests at once: most of the time is spent waiting for what does not answer. */
const WORKERS = 8;

/** Breaks every command of every request, by this plan. */
export async function breakEveryCommand(
  scope: Scope,
  plan: Plan,
  detail: (text: string) => void,
): Promise<readonly NamedRound[]> {
  const shared = await migratedDatabase(scope);
  shared.db.client.setMaxListeners(4 * WORKERS); // each server on it watches it
  const left = [...goodRequests];
  const rounds: NamedRound[] = [];

  async function work(): Promise<void> {
    for (let request = left.shift(); request !== undefined; request = left.shift()) {
      detail(`${nameRequest(request)}, ${left.length} requests left`);
      rounds.push(...(await breakRequest(shared, request, plan)));
    }
  }

  await Promise.all(Array.from({ length: WORKERS }, work));
  return rounds;
}

async function breakRequest(
  shared: TestDatabase,
  request: GoodRequest,
  { faults, inTurn }: Plan,
): Promise<readonly NamedRound[]> {
  const cleanups = createCleanups();
  const scope: Scope = { teardown: (undo) => cleanups.add(async () => undo()) };
  const isPatient = inTurn && request.takesPassword === true;
  const names = isPatient ? faults.filter((name) => !SILENT.has(name)) : faults;
  const start = goodRequests.indexOf(request); // so that not all begin with the same one
  const plans = inTurn
    ? [(nth: number) => names[(start + nth) % names.length] as FaultName]
    : names.map((name) => () => name);
  try {
    const database = request.isForEveryone ? await migratedDatabase(scope) : shared;
    const server = await breakableServer(scope, database, isPatient ? PATIENT_DEADLINE : DEADLINE);
    const rounds: NamedRound[] = [];
    for (const choose of plans) {
      const broken = await breakEachCommand(server, request, (nth) => FAULTS[choose(nth)]);
      rounds.push(...broken.map((round) => ({ ...round, request, fault: choose(round.nth) })));
    }
    return rounds;
  } finally {
    await cleanups.run();
  }
}
