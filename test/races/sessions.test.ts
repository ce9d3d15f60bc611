import test, { type ExecutionContext } from 'ava';
import { anyMoment, type Point } from './barriers.ts';
import * as double from './double-refresh-race.ts';
import * as me from './me-logout-race.ts';
import * as refresh from './refresh-race.ts';
import { assertBothOrders, assertNoFault, RACES, repeat, tally } from './repeat.ts';
import { openSessionArena, type SessionArena, type SessionReads } from './session-arena.ts';

interface Met {
  readonly begunAt: Point<SessionReads>;
  readonly answeredAt: Point<SessionReads>;
}

interface Kind<T extends Met> {
  run(arena: SessionArena): Promise<T>;
  readonly faultOf: (race: T) => string | undefined;
  readonly orderOf: (race: T) => string;
}

async function assertHolds<T extends Met>(t: ExecutionContext, kind: Kind<T>): Promise<void> {
  const arena = await openSessionArena(t);
  const races = await repeat(t, RACES, () => kind.run(arena));
  assertNoFault(t, races, kind.faultOf);
  assertBothOrders(t, races.map(kind.orderOf));
  t.log(`The other began after: ${tally(races.map(({ begunAt }) => begunAt))}`);
  t.log(`It was answered after: ${tally(races.map(({ answeredAt }) => answeredAt))}`);
}

test('Refresh × refresh: of two with one token one rotates, and both get the same successor', (t) =>
  assertHolds(t, {
    ...double,
    run: (arena) => double.raceDoubleRefresh(arena, anyMoment<SessionReads>(double.MOMENTS)),
  }));

for (const [name, revoke] of [
  ['revoke-all', refresh.revokeAll],
  ['logout', refresh.logOut],
] as const) {
  test(`Refresh × ${name}: whoever comes first, nothing of the session lives once the revocation is answered`, (t) =>
    assertHolds(t, {
      ...refresh,
      run: (arena) => refresh.raceRefresh(arena, revoke, anyMoment<SessionReads>(refresh.MOMENTS)),
    }));
}

test('Me × logout: a request that begins after the logout was answered is never accepted', (t) =>
  assertHolds(t, {
    ...me,
    run: (arena) => me.raceMeLogout(arena, anyMoment<SessionReads>(me.MOMENTS)),
  }));
