import { setTimeout as pause } from 'node:timers/promises';
import { MINUTE } from '../../lib/time.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { findBreaches } from './checker.ts';
import { ready } from './deployment.ts';
import { type Fault, StrikeFailed, type Target } from './fault.ts';
import type { Operation } from './history.ts';
import { openSessions } from './library.ts';
import { countAccepts, recordReads } from './memory.ts';
import { countOperations, type Interval, NEVER, type Tally } from './tally.ts';
import { endSessions, feed, startTraffic, stopTraffic } from './traffic.ts';
import { sweep } from './until-decided.ts';

type Accepts = ReturnType<typeof countAccepts>;
type Amount = Pick<Tally, 'acknowledged' | 'checks'>;

/** Least amounts of a round that counts, of its time before the fault, and of that after it. */
const ENOUGH: Amount = { acknowledged: 20, checks: 200 };
const BEFORE: Amount = { acknowledged: 6, checks: 60 };
const AFTER: Amount = { acknowledged: 5, checks: 60 };
/** Accepts by which the traffic exceeds what counts: requests that are under way at its end are counted, too. */
const MARGIN = 20;

export type Round = Awaited<ReturnType<typeof playRound>>;

/** Strikes in the middle of traffic, and then tries every session once more. */
export async function playRound<T extends Target>(fault: Fault<T>, target: T) {
  const { library, servers } = target;
  const history: Operation[] = [];
  const reads = recordReads(target.tap);
  const open = () => openSessions(library, history, { users: 5, each: 5 });
  const [first, second, third] = await Promise.all([open(), open(), open()]);
  const traffic = startTraffic(history, servers);
  const count = (interval = NEVER) => ({
    ...countOperations(history, interval),
    ...countAccepts(history, servers, reads),
  });
  let interval = NEVER;
  try {
    feed(traffic, first, 10);
    await waitAWhile(() => covers(count(), BEFORE));
    await pause(Math.random() * 300);
    feed(traffic, second, 12);
    interval = await strikeAndHeal(fault, target, history);
    await ready(servers);
    const since = count();
    if (fault.endsSessions) endSessions(traffic);
    feed(traffic, fault.endsSessions ? await open() : third, 10);
    await waitAWhile(
      () =>
        covers(count(), ENOUGH) && covers(count(), AFTER, since) && isFromMemory(count(), MARGIN),
    );
  } finally {
    await stopTraffic(traffic);
    reads.stop();
  }
  const tally = count(interval); // without the sweep, which is no traffic
  const undecided = await sweep(history, servers, traffic.sessions);
  return {
    history,
    sessions: traffic.sessions,
    fault: interval,
    tally,
    breaches: findBreaches(history, fault),
    /** Reason why the round does not count. */
    shortfall: describeShortfall(tally, undecided),
    /** Violations of what the fault itself promises. */
    faults: fault.findFaults?.(target, history) ?? [],
  };
}

async function strikeAndHeal<T extends Target>(
  { strike, heal, lasts: [least, most] }: Fault<T>,
  target: T,
  history: Operation[],
): Promise<Interval> {
  const start = performance.now();
  try {
    await strike(target, history);
    await pause(least + Math.random() * (most - least));
    await heal(target, history);
  } catch (cause) {
    const { message } = cause as Error;
    throw new StrikeFailed(`the fault could not be struck: ${message}`, { cause });
  }
  return { start, end: performance.now() };
}

/** Returns true if the servers that follow accepted more tokens from memory than by a read, or if nobody follows. */
function isFromMemory({ accepts, fromMemory }: Accepts, margin = 0): boolean {
  return fromMemory * 2 > accepts + margin || accepts === 0;
}

function describeShortfall(tally: Tally & Accepts, undecided: number): string | undefined {
  const { acknowledged, checks, before, during, after } = tally;
  if (!covers(tally, ENOUGH)) {
    return `only ${acknowledged} acknowledged revocations and ${checks} checks`;
  }
  if (Math.min(before, during, after) === 0) {
    return `the fault was not inside the traffic: ${before} requests before, ${during} during, ${after} after it`;
  }
  if (!isFromMemory(tally)) {
    return `only ${tally.fromMemory} of ${tally.accepts} accepts came from memory`;
  }
  return undecided > 0 ? `${undecided} sessions could not be tried again` : undefined;
}

function covers(tally: Amount, amount: Amount, since: Amount = { acknowledged: 0, checks: 0 }) {
  const names = ['acknowledged', 'checks'] as const;
  return names.every((name) => tally[name] - since[name] >= amount[name]);
}

/** Waits for an amount; a round in which it is not reached does not count. */
async function waitAWhile(isReached: () => boolean): Promise<void> {
  await waitFor('Enough requests', isReached, { timeout: 2 * MINUTE }).catch(() => undefined);
}
