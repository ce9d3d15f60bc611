import test, { type ExecutionContext } from 'ava';
import { assertAlwaysCaught } from './assert-caught.ts';
import { barrierAfter } from './barriers.ts';
import {
  type BreakSessions,
  withCheckFirst,
  withEarlyAnswer,
  withFindThenUpdate,
  withRememberedCheck,
  withStampOfItsOwn,
} from './broken-sessions.ts';
import { faultOf as doubleRefreshFault, raceDoubleRefresh } from './double-refresh-race.ts';
import { faultOf as meFault, raceMeLogout } from './me-logout-race.ts';
import {
  logOut,
  type Revoke,
  raceRefresh,
  faultOf as refreshFault,
  revokeAll,
} from './refresh-race.ts';
import { openSessionArena, type SessionArena, type SessionReads } from './session-arena.ts';

interface Broken {
  readonly broken: BreakSessions;
  readonly fault: string;
  readonly at: (arena: SessionArena) => Promise<string | undefined>;
}

async function assertCaught(t: ExecutionContext, { broken, fault, at }: Broken): Promise<void> {
  const arena = await openSessionArena(t);
  await assertAlwaysCaught(t, { intact: arena, broken: broken(arena), fault, at });
}

/** A refresh that stops behind this step until the revocation was answered. */
function refreshAt(step: keyof SessionReads, revoke: Revoke) {
  return async (arena: SessionArena) =>
    refreshFault(await raceRefresh(arena, revoke, barrierAfter<SessionReads>(step)));
}

// Serial: at a barrier nothing is gained by others, and the machine may be busy.
test.serial(
  'A refresh that decides before it writes is caught every time: session found → the other refreshes → updated',
  (t) =>
    assertCaught(t, {
      broken: withFindThenUpdate,
      fault: 'there were two rotations',
      at: async (arena) =>
        doubleRefreshFault(await raceDoubleRefresh(arena, barrierAfter<SessionReads>('find'))),
    }),
);

for (const [name, revoke] of Object.entries({ 'revoke-all': revokeAll, logout: logOut })) {
  test.serial(
    `A refresh that checks before it writes is caught every time: checked → ${name} → written`,
    (t) =>
      assertCaught(t, {
        broken: withCheckFirst,
        fault: 'it was written after the revocation was answered, and granted',
        at: refreshAt('check', revoke),
      }),
  );
}

test.serial(
  'A refresh that takes a new stamp, as a login does, is caught every time: checked → revoke-all → signed',
  (t) =>
    assertCaught(t, {
      broken: withStampOfItsOwn,
      fault: 'the session outlived the revocation',
      at: refreshAt('check', revokeAll),
    }),
);

test.serial(
  'A logout that answers before its write is caught every time by a refresh: written → logout → checked',
  (t) =>
    assertCaught(t, {
      broken: withEarlyAnswer,
      fault: 'it was checked after the revocation was answered, and granted',
      at: refreshAt('write', logOut),
    }),
);

for (const [name, broken] of [
  ['A logout that answers before its write', withEarlyAnswer],
  ['A server that remembers what it checked', withRememberedCheck],
] as const) {
  test.serial(
    `${name} is caught every time by a request: checked → logout → the next request`,
    (t) =>
      assertCaught(t, {
        broken,
        fault: 'a request that began after the logout was answered was accepted',
        at: async (arena) =>
          meFault(await raceMeLogout(arena, barrierAfter<SessionReads>('check'))),
      }),
  );
}
