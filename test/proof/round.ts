import { setTimeout as pause } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import { type Breach, findBreaches, latenessOf } from './checker.ts';
import type { Fault, Target } from './fault.ts';
import type { HeldSession } from './held-session.ts';
import { createRecorder, type Operation, type Recorder } from './history.ts';
import { ready } from './server-pair.ts';
import { sweep } from './sweep.ts';
import { type Interval, type Tally, tallyOf } from './tally.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export interface Round {
  readonly history: readonly Operation[];
  readonly sessions: readonly HeldSession[];
  readonly fault: Interval;
  readonly tally: Tally;
  readonly breaches: readonly Breach[];
  /** By how many milliseconds each acceptance was too late, whether or not it was allowed for. */
  readonly lateness: readonly number[];
  /** Why the round does not count, where it does not. */
  readonly shortfall: string | undefined;
}

/** What a round has to hold to count. */
const ENOUGH = { acknowledged: 20, checks: 200 } as const;

/** What has to be there before the fault is struck, and to come after it is over. */
const BEFORE = { acknowledged: 6, checks: 60 } as const;
const AFTER = { acknowledged: 5, checks: 60 } as const;

/** How much of it is waited for at most. */
const PATIENCE = 30 * SECOND;

/** The fault, struck in the middle of traffic; then everything that was revoked is tried once more. */
export async function playRound(
  rules: Fault,
  { library, servers, strike }: Target,
): Promise<Round> {
  const recorder = createRecorder();
  const batches = await Promise.all([0, 1, 2].map(() => library.openSessions(recorder, 5, 5)));
  const traffic = startTraffic({ recorder, servers });
  let fault: Interval = { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  const tally = () => tallyOf(recorder.history, fault);
  try {
    traffic.feed(batches[0] ?? [], 10, 1);
    await until(() => covers(tally(), BEFORE));
    await pause(Math.random() * 300);
    traffic.feed(batches[1] ?? [], 12, 1);
    fault = await strikeNow(strike);
    await ready(servers);
    const since = tally();
    traffic.feed(batches[2] ?? [], 10, 1);
    await until(() => covers(tally(), ENOUGH) && covers(minus(tally(), since), AFTER));
  } finally {
    await traffic.stop();
  }
  const counted = tally(); // the sweep is no traffic
  const undecided = await sweep(recorder, servers, traffic.sessions);
  return resultOf({ recorder, traffic, fault, counted, undecided }, rules);
}

/** The harm could not be done, or not be undone: nobody knows in what state the deployment is. */
export class StrikeFailed extends Error {
  override readonly name = 'StrikeFailed';
}

async function strikeNow(strike: () => Promise<void>): Promise<Interval> {
  const start = performance.now();
  await strike().catch((cause: Error) => {
    throw new StrikeFailed(`the fault could not be struck: ${cause.message}`, { cause });
  });
  return { start, end: performance.now() };
}

interface Played {
  readonly recorder: Recorder;
  readonly traffic: Traffic;
  readonly fault: Interval;
  readonly counted: Tally;
  readonly undecided: number;
}

function resultOf(played: Played, { allowance, mayBreakOff = false }: Fault): Round {
  const { recorder, traffic, fault, counted, undecided } = played;
  const { history } = recorder;
  return {
    history,
    fault,
    sessions: traffic.sessions,
    tally: counted,
    breaches: findBreaches(history, { allowance, mayBreakOff }),
    lateness: latenessOf(history),
    shortfall: shortfallOf(counted, undecided),
  };
}

function shortfallOf(tally: Tally, undecided: number): string | undefined {
  const { acknowledged, checks, before, during, after } = tally;
  if (!covers(tally, ENOUGH)) {
    return `only ${acknowledged} acknowledged revocations and ${checks} checks`;
  }
  if (Math.min(before, during, after) === 0) {
    return `the fault was not inside the traffic: ${before} requests before, ${during} during, ${after} after it`;
  }
  return undecided > 0 ? `${undecided} sessions could not be tried again` : undefined;
}

type Amount = Pick<Tally, 'acknowledged' | 'checks'>;

function covers(tally: Amount, amount: Amount): boolean {
  return tally.acknowledged >= amount.acknowledged && tally.checks >= amount.checks;
}

function minus(tally: Amount, earlier: Amount): Amount {
  return {
    acknowledged: tally.acknowledged - earlier.acknowledged,
    checks: tally.checks - earlier.checks,
  };
}

/** Waits for it, but not for ever: what is missing then is told at the end. */
async function until(isSo: () => boolean): Promise<void> {
  const latest = performance.now() + PATIENCE;
  while (!isSo() && performance.now() < latest) await pause(20);
}
