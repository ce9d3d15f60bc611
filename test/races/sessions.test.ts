import test, { type ExecutionContext } from 'ava';
import { anyMoment, type Point } from './barriers.ts';
import {
  MOMENTS as DOUBLE_MOMENTS,
  faultOf as doubleFault,
  orderOf as doubleOrder,
  raceDoubleRefresh,
} from './double-refresh-race.ts';
import {
  MOMENTS as ME_MOMENTS,
  faultOf as meFault,
  orderOf as meOrder,
  raceMeLogout,
} from './me-logout-race.ts';
import {
  logOut,
  MOMENTS as REFRESH_MOMENTS,
  raceRefresh,
  faultOf as refreshFault,
  orderOf as refreshOrder,
  revokeAll,
} from './refresh-race.ts';
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
    run: (arena) => raceDoubleRefresh(arena, anyMoment<SessionReads>(DOUBLE_MOMENTS)),
    faultOf: doubleFault,
    orderOf: doubleOrder,
  }));

for (const [name, revoke] of Object.entries({ 'revoke-all': revokeAll, logout: logOut })) {
  test(`Refresh × ${name}: whoever comes first, nothing of the session lives once the revocation is answered`, (t) =>
    assertHolds(t, {
      run: (arena) => raceRefresh(arena, revoke, anyMoment<SessionReads>(REFRESH_MOMENTS)),
      faultOf: refreshFault,
      orderOf: refreshOrder,
    }));
}

test('Me × logout: a request that begins after the logout was answered is never accepted', (t) =>
  assertHolds(t, {
    run: (arena) => raceMeLogout(arena, anyMoment<SessionReads>(ME_MOMENTS)),
    faultOf: meFault,
    orderOf: meOrder,
  }));
