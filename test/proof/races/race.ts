/** Races as tables: what meets what, which orders there are, and which outcomes must not be. */
import type { ExecutionContext } from 'ava';
import type { User } from '../../../lib/store/accounts/users.ts';
import type { Collections } from '../../../lib/store/mongo/collections.ts';
import { addUser } from '../../helpers/users.ts';
import type { Moment, Point } from './meet.ts';
import { RACES, repeat, tally } from './repeat.ts';

export type First = 'action' | 'rival';

/** Deployment that a race is run on. */
interface Place {
  readonly collections: Collections;
}

/** One race; `Seen` is what one run shows. */
interface RaceTable<P extends Place, Seen extends object> {
  /** Runs it once, for a user of its own. */
  run(place: P, user: User, moment: Moment): Promise<Seen>;
  /** Points at which the rival begins in random runs: some let either side come first. */
  readonly points: readonly Point[];
  /** The side that comes first when the action waits at this point until the rival was answered. */
  readonly orders: Readonly<Partial<Record<Point, First>>>;
  findFirst(seen: Seen): First;
  /** Outcomes that must not be. The first that holds is the fault of a run. */
  readonly forbidden: Readonly<Record<string, (seen: Seen) => boolean>>;
}

export interface Race<P extends Place> extends Pick<RaceTable<P, never>, 'points' | 'orders'> {
  run(place: P, user: User, moment: Moment): Promise<Run>;
}

interface Run {
  readonly first: First;
  readonly fault: string | undefined;
  readonly seen: object;
}

export function defineRace<P extends Place, Seen extends object>(
  table: RaceTable<P, Seen>,
): Race<P> {
  const { points, orders, forbidden } = table;
  return {
    points,
    orders,
    async run(place, user, moment) {
      const seen = await table.run(place, user, moment);
      const [fault] = Object.entries(forbidden).find(([, holds]) => holds(seen)) ?? [];
      return { first: table.findFirst(seen), fault, seen };
    },
  };
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
  const steered = Object.entries(race.orders).flatMap(([point, first]) =>
    Array.from({ length: STEERED }, () => ({ ...barrierAt(point as Point), expected: first })),
  );
  const random = Array.from({ length: count }, () => ({
    ...pickMoment(race),
    expected: undefined,
  }));
  const moments = [...steered, ...random];
  const runs = await repeat(t, moments, async ({ expected, ...moment }, index) => {
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
  t.is(new Set(Object.values(race.orders)).size, 2, 'one order is not produced');
  const free = runs.filter(({ moment }) => !moment.isBarrier);
  t.log(`${free.length} random runs, first: ${tally(free.map(({ first }) => first))}`);
}

function barrierAt(point: Point): Moment {
  return { point, isBarrier: true };
}

function pickMoment({ points }: Race<never>): Moment {
  return { point: points[Math.floor(Math.random() * points.length)] ?? 'start', isBarrier: false };
}

/** Runs of a broken variant, each of which has to show its fault. */
const RUNS = 20;

interface Caught<P extends Place> {
  readonly intact: P;
  readonly broken: P;
  readonly race: Race<P>;
  readonly barrier: Point;
  readonly fault: string;
  prepare?(place: P, user: User): Promise<void>;
}

/** Asserts that the broken variant shows this fault every time, and the intact one none at the same barrier. */
export async function assertCaught<P extends Place>(
  t: ExecutionContext,
  { intact, broken, race, barrier, fault, prepare }: Caught<P>,
): Promise<void> {
  async function findFault(place: P): Promise<string | undefined> {
    const user = await addUser(place.collections);
    await prepare?.(place, user);
    return (await race.run(place, user, barrierAt(barrier))).fault;
  }

  const runs = await repeat(t, Array(RUNS).fill(undefined), async () => ({
    broken: await findFault(broken),
    intact: await findFault(intact),
  }));
  t.deepEqual(new Set(runs.map((run) => run.broken)), new Set([fault]));
  t.deepEqual(new Set(runs.map((run) => run.intact)), new Set([undefined]));
}
