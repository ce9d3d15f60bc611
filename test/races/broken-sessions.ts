/** Arenas of sessions in which one thing is wrong. The races must notice each of them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AuthParts } from '../../lib/auth-parts.ts';
import type { RefreshOutcome } from '../../lib/store/collections.ts';
import type { RevocationKind } from '../../lib/store/revocation-reads.ts';
import type { RefreshInput } from '../../lib/store/session-refresh.ts';
import type { Refreshed } from '../../lib/store/sessions.ts';
import { authenticate } from '../../lib/use-cases/authenticate.ts';
import { logout } from '../../lib/use-cases/logout.ts';
import { refresh } from '../../lib/use-cases/refresh.ts';
import { bind } from '../helpers/bind.ts';
import { type SessionArena, type SessionWatch, watchedParts } from './session-arena.ts';

export type BreakSessions = (arena: SessionArena) => SessionArena;

/** The refresh asks what is revoked before its update, and never again. */
export const withCheckFirst = breakRefresh((parts, _watch, { collections }) => {
  const { sessions, revocations } = parts;
  let kind: RevocationKind | undefined;
  return {
    ...parts,
    sessions: {
      ...sessions,
      async refresh(input) {
        const { sessionId } = input;
        const found = await collections.sessions.findOne({ _id: sessionId });
        const { user_id: userId = '', stamp = new Date(0) } = found ?? {};
        kind = await revocations.check({ sessionId, userId, stamp: stamp.getTime(), kid: '' });
        return sessions.refresh(input);
      },
    },
    revocations: { ...revocations, checkStrictly: async () => kind },
  };
});

/** The refresh gives the session a new stamp, above every cutoff, as a login does. */
export const withStampOfItsOwn = breakRefresh((parts) => {
  const { accessTokens, revocations } = parts;
  return {
    ...parts,
    accessTokens: {
      ...accessTokens,
      async issue(input) {
        const { user, deployment } = await revocations.cutoffs(input.userId);
        return accessTokens.issue({
          ...input,
          stamp: Math.max(Date.now(), user + 1, deployment + 1),
        });
      },
    },
  };
});

/** The refresh finds the session, decides, and then updates it. */
export const withFindThenUpdate = breakRefresh((parts, watch, arena) => ({
  ...parts,
  sessions: {
    ...parts.sessions,
    async refresh(input) {
      const found = watch('find', () => readSession(arena, input));
      const outcome = decide((await found) as Awaited<ReturnType<typeof readSession>>, input);
      return watch('write', () => writeOutcome(arena, parts, input, outcome));
    },
  },
}));

/** The logout answers while its write is still on its way. */
export const withEarlyAnswer: BreakSessions = (arena) => ({
  ...arena,
  makeLogout({ revocations, ...parts }) {
    const { revokeTokenAndSession } = revocations;
    async function revokeLater(token: Parameters<typeof revokeTokenAndSession>[0]) {
      await pause(WAY_OF_A_WRITE, undefined, { ref: false });
      await revokeTokenAndSession(token).catch(() => undefined); // the race is over by then
    }
    return bind(logout, {
      ...parts,
      revocations: {
        ...revocations,
        revokeTokenAndSession: async (token) => void revokeLater(token),
      },
    });
  },
});

/** Longer than a race takes on any machine. */
const WAY_OF_A_WRITE = 30_000;

/** A server asks once for each token, and remembers the answer. */
export const withRememberedCheck: BreakSessions = (arena) => {
  const remembered = new Map<string | undefined, Promise<RevocationKind | undefined>>();
  return {
    ...arena,
    makeAuthenticate(parts, watch) {
      const { revocations, ...others } = watchedParts(parts, watch);
      return bind(authenticate, {
        ...others,
        revocations: {
          ...revocations,
          check(token) {
            const answer = remembered.get(token.hash) ?? revocations.check(token);
            remembered.set(token.hash, answer);
            return answer;
          },
        },
      });
    },
  };
};

type Change = (parts: AuthParts, watch: SessionWatch, arena: SessionArena) => AuthParts;

/** Around the watched parts: what is watched is still what was really read. */
function breakRefresh(change: Change): BreakSessions {
  return (arena) => ({
    ...arena,
    makeRefresh: (parts, watch) => bind(refresh, change(watchedParts(parts, watch), watch, arena)),
  });
}

async function readSession({ collections }: SessionArena, { sessionId }: RefreshInput) {
  const found = await collections.sessions.findOne({ _id: sessionId });
  return { counter: found?.counter ?? 0, userId: found?.user_id ?? '' };
}

/** Right for a session that is used by one client alone. */
function decide({ counter }: { counter: number }, input: RefreshInput): RefreshOutcome {
  if (input.counter >= counter) return 'rotated';
  return input.counter === counter - 1 ? 'retried' : 'reused';
}

async function writeOutcome(
  { collections }: SessionArena,
  { sessions }: AuthParts,
  { sessionId, counter }: RefreshInput,
  outcome: RefreshOutcome,
): Promise<Refreshed | undefined> {
  const isRotation = outcome === 'rotated';
  const after = await collections.sessions.findOneAndUpdate(
    { _id: sessionId },
    {
      $inc: { refreshes: 1, graces: isRotation ? 0 : 1 },
      ...(isRotation && { $set: { counter: counter + 1, rotated_at: new Date() } }),
    },
    { returnDocument: 'after' },
  );
  const session = after && (await sessions.findOf(after.user_id, sessionId));
  if (!session) return undefined;
  return { outcome, counter: after.counter ?? 0, session, at: new Date() };
}
