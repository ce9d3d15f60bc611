import { createCleanups } from '../../scripts/dev/cleanups.ts';
import { migratedDatabase, type TestDatabase } from '../helpers/database.ts';
import { commandProxy } from '../helpers/proxy/command-proxy.ts';
import type { Scope } from '../helpers/scope.ts';
import { serve } from '../helpers/server.ts';
import { type BreakableServer, breakEachCommand, type Round } from './break-each-command.ts';
import { FAULTS, type FaultName, SILENT } from './faults.ts';
import type { GoodRequest } from './good-request.ts';
import { goodRequests } from './requests.ts';
import { createWorlds } from './world.ts';

/** A round, and what it was about. */
export interface NamedRound extends Round {
  readonly request: GoodRequest;
  readonly fault: FaultName;
}

/** Which faults a request meets: each of these at each of its commands, or at each command the next of them in turn. */
export interface Plan {
  readonly faults: readonly FaultName[];
  readonly inTurn: boolean;
}

/** REQUEST_DEADLINE of the server whose commands are broken, in milliseconds. */
export const DEADLINE = 2_000;

/** The same where passwords are checked beside other tests, which leave little time for that. */
const PATIENT_DEADLINE = 20_000;

/** As many requests at once: most of the time is spent waiting for what does not answer. */
const AT_ONCE = 8;

/** Breaks every command of every request, by this plan. */
export async function breakEveryCommand(
  owner: Scope,
  plan: Plan,
  detail: (text: string) => void,
): Promise<readonly NamedRound[]> {
  const shared = await migratedDatabase(owner);
  shared.db.client.setMaxListeners(4 * AT_ONCE); // each server on it watches it
  const left = [...goodRequests];
  const rounds: NamedRound[] = [];

  async function work(): Promise<void> {
    for (let request = left.shift(); request !== undefined; request = left.shift()) {
      detail(`${nameOf(request)}, ${left.length} requests left`);
      rounds.push(...(await breakRequest(shared, request, plan)));
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return rounds;
}

/** A request in one line. */
export function nameOf({ route, note }: GoodRequest): string {
  return note === undefined ? route : `${route} ${note}`;
}

async function breakRequest(
  shared: TestDatabase,
  request: GoodRequest,
  plan: Plan,
): Promise<NamedRound[]> {
  const cleanups = createCleanups();
  const owner: Scope = { teardown: (undo) => cleanups.add(async () => undo()) };
  try {
    const database = request.isForEveryone ? await migratedDatabase(owner) : shared;
    const isPatient = plan.inTurn && request.takesPassword === true;
    const deadline = isPatient ? PATIENT_DEADLINE : DEADLINE;
    const server = await breakableServer(owner, database, deadline);
    const faults = isPatient ? plan.faults.filter((name) => !SILENT.has(name)) : plan.faults;
    return await breakByPlan(server, request, { ...plan, faults });
  } finally {
    await cleanups.run();
  }
}

async function breakByPlan(
  server: BreakableServer,
  request: GoodRequest,
  { faults, inTurn }: Plan,
): Promise<NamedRound[]> {
  const run = async (faultOf: (nth: number) => FaultName) => {
    const rounds = await breakEachCommand(server, request, (nth) => FAULTS[faultOf(nth)]);
    return rounds.map((round) => ({ ...round, request, fault: faultOf(round.nth) }));
  };
  const first = goodRequests.indexOf(request); // so that not all begin with the same one
  if (inTurn) return run((nth) => faults[(first + nth) % faults.length] as FaultName);
  const rounds: NamedRound[] = [];
  for (const fault of faults) rounds.push(...(await run(() => fault)));
  return rounds;
}

/** A server on this database whose way there can be broken, and a sound one beside it. */
export async function breakableServer(
  owner: Scope,
  database: TestDatabase,
  deadline = DEADLINE,
): Promise<BreakableServer> {
  const proxy = await commandProxy(owner, database.uri);
  const settings = { LOGIN_FAILURES_PER_ADDRESS: '100000/15m' };
  const { url: sound, secret } = await serve(owner, { MONGODB_URI: database.uri, ...settings });
  const { url } = await serve(owner, {
    MONGODB_URI: proxy.uri,
    JWT_SECRET_KEY: secret,
    REQUEST_DEADLINE: `${deadline}ms`,
    ...settings,
  });
  const openWorld = await createWorlds(owner, database, secret);
  return { url, proxy, deadline, sound, openWorld };
}
