/** Races as tables: what meets what, which orders there are, and which outcomes must not be. */
import type { ExecutionContext } from 'ava';
import pMap from 'p-map';
import type { Collections } from '../../../lib/store/mongo/collections.ts';
import { MINUTE } from '../../../lib/time.ts';
import type { User } from '../../../lib/user.ts';
import { addUser } from '../../helpers/users.ts';
import type { Moment, Point } from './meet.ts';

type First = 'action' | 'rival';

/** Deployment that a race is run on. */
interface Place {
  readonly collections: Collections;
}

/** One race; `Seen` is what one run shows. */
interface RaceTable<P extends Place, Seen extends { readonly first: First }> {
  /** Runs it once, for a user of its own. */
  run(place: P, user: User, moment: Moment): Promise<Seen>;
  /** Points at which the rival begins in random runs: some let either side come first. */
  readonly points?: readonly Point[];
  /** The side that comes first when the action waits at one of these points until the rival was answered. */
  readonly orders?: Readonly<Record<First, readonly Point[]>>;
  /** Outcomes that must not be. The first that holds is the fault of a run. */
  readonly forbidden: Readonly<Record<string, (seen: Seen) => boolean>>;
}

export interface Race<P extends Place> extends Pick<RaceTable<P, never>, 'points' | 'orders'> {
  run(place: P, user: User, moment: Moment): Promise<{ first: First; fault: string | undefined }>;
}

export function defineRace<P extends Place, Seen extends { readonly first: First }>({
  forbidden,
  ...table
}: RaceTable<P, Seen>): Race<P> {
  return {
    ...table,
    async run(place, user, moment) {
      const seen = await table.run(place, user, moment);
      const [fault] = Object.entries(forbidden).find(([, holds]) => holds(seen)) ?? [];
      return { ...seen, fault };
    },
  };
}

/** Random runs of each race: 200, or as the environment says. */
export const RACES = parseCount(process.env['RACES'] || '200');

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 100) return count;
  throw new Error('RACES must be a whole number of at least 100');
}

/** Runs at each barrier. */
const STEERED = 3;

interface Setting<P extends Place> {
  readonly race: Race<P>;
  open(t: ExecutionContext): Promise<P>;
  /** Prepares the user of a run. */
  prepare?(place: P, user: User, index: number): Promise<void>;
  /** Random runs. Default RACES. */
  readonly count?: number;
}

/**
 * Asserts that no run has a forbidden outcome. Each order is produced by barriers, so that the load of the
 * machine decides nothing; the random runs beside them look for what no barrier is at.
 */
export async function assertHolds<P extends Place>(
  t: ExecutionContext,
  { race, open, prepare, count = RACES }: Setting<P>,
): Promise<void> {
  const place = await open(t);
  const { points = [], orders = { action: [], rival: [] } } = race;
  const steered = (['action', 'rival'] as const).flatMap((expected) =>
    orders[expected].flatMap((point) =>
      Array.from({ length: STEERED }, () => ({ point, isBarrier: true, expected })),
    ),
  );
  const random = Array.from({ length: count }, () => {
    const point = points[Math.floor(Math.random() * points.length)] ?? 'start';
    return { point, isBarrier: false, expected: undefined };
  });
  const runs = await repeat(t, [...steered, ...random], async ({ expected, ...moment }, index) => {
    const user = await addUser(place.collections);
    await prepare?.(place, user, index);
    return { moment, expected, ...(await race.run(place, user, moment)) };
  });

  t.deepEqual(
    runs.filter(({ fault }) => fault !== undefined),
    [],
  );
  t.deepEqual(
    runs.filter(({ expected, first }) => expected !== undefined && expected !== first),
    [],
    'a barrier did not produce its order',
  );
  t.is(new Set(steered.map(({ expected }) => expected)).size, 2, 'one order is not produced');
  const free = runs.filter(({ moment }) => !moment.isBarrier);
  const firsts = free.filter(({ first }) => first === 'action');
  t.log(`${free.length} random runs, the action first in ${firsts.length}`);
}

/** Runs at once, each with a user of its own: while some wait, others keep the bcrypt threads busy. */
const WORKERS = 6;

/** Runs it once for each item, some at once, and returns all results. */
export function repeat<Item, T>(
  t: ExecutionContext,
  items: readonly Item[],
  run: (item: Item, index: number) => Promise<T>,
): Promise<T[]> {
  t.timeout(3 * MINUTE, 'no run has ended for so long');
  const runAndReport = async (item: Item, index: number) => {
    const result = await run(item, index);
    t.pass(); // which starts the timeout anew
    return result;
  };
  return pMap(items, runAndReport, { concurrency: WORKERS });
}
