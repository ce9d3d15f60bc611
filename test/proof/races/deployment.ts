/** Two servers on one database, both with the same thing exchanged, and what their users do. */
import type { ExecutionContext } from 'ava';
import type { AuthParts } from '../../../lib/parts.ts';
import type { Collections } from '../../../lib/store/mongo/collections.ts';
import { userEntry } from '../../../lib/store/revocations/entry-ids.ts';
import { HOUR } from '../../../lib/time.ts';
import { login } from '../../../lib/use-cases/login.ts';
import { logout } from '../../../lib/use-cases/logout.ts';
import { refresh as refreshStory } from '../../../lib/use-cases/refresh.ts';
import { revokeAllTokens } from '../../../lib/use-cases/revoke-all-tokens.ts';
import type { IssuedTokens } from '../../../lib/use-cases/shared/open-session.ts';
import type { User } from '../../../lib/user.ts';
import { CALLER } from '../../helpers/auth.ts';
import {
  callerFor,
  isAccepted,
  openTwoServers,
  orRefused,
  type TwoServers,
} from '../../helpers/two-servers.ts';
import { addUser } from '../../helpers/users.ts';
import type { Point } from './meet.ts';
import { type Race, repeat } from './race.ts';
import { unwatched, type Watch, watchSteps, withChanges } from './steps.ts';

/** Exchanges one thing of the watched parts: what is watched is still what was really read. */
export type Variant = (parts: AuthParts, watch: Watch, collections: Collections) => AuthParts;

export interface Deployment extends TwoServers {
  readonly variant: Variant;
}

const intact: Variant = (parts) => parts;

/** The logout answers while its write is still on its way: it arrives after the race. */
export const withEarlyAnswer: Variant = (parts) =>
  withChanges(parts, { revocations: { revokeTokenAndSession: async () => UNWRITTEN } });

/** The acknowledgement of a write that was not made: nobody is waited for. */
export const UNWRITTEN = { time: undefined, at: 0 } as const;

export async function openDeployment(t: ExecutionContext): Promise<Deployment> {
  const { here, there, collections } = await openTwoServers(t);
  return {
    here: checkingOnce(here),
    there: checkingOnce(there),
    collections,
    variant: intact,
  };
}

/** Computes bcrypt once for each password and hash: all races check the same few, and most of their time went there. */
function checkingOnce(server: AuthParts): AuthParts {
  const { check } = server.passwords;
  const checks = new Map<string, Promise<boolean>>();
  const checkOnce: typeof check = (password, hash) => {
    const key = JSON.stringify([password, hash]);
    const result = checks.get(key) ?? check(password, hash);
    checks.set(key, result);
    return result;
  };
  return withChanges(server, { passwords: { check: checkOnce } });
}

/** The parts that a use case is made of, on either server. */
export function useParts(
  { variant, collections }: Deployment,
  server: AuthParts,
  watch = unwatched,
): AuthParts {
  return variant(watchSteps(server, watch), watch, collections);
}

/** Logs in here; undefined where the password is refused. */
export function logIn(
  deployment: Deployment,
  { email }: User,
  password: string,
  watch = unwatched,
): Promise<IssuedTokens | undefined> {
  const parts = useParts(deployment, deployment.here, watch);
  return orRefused(login(parts, { email, password }, CALLER), 'invalid_credentials');
}

export function refresh(
  deployment: Deployment,
  session: IssuedTokens,
  { server = deployment.here, watch = unwatched, userAgent = 'test' } = {},
): Promise<IssuedTokens> {
  const caller = { ...CALLER, userAgent };
  return refreshStory(useParts(deployment, server, watch), session, caller);
}

export async function revokeAll(deployment: Deployment, user: User): Promise<void> {
  await revokeAllTokens(useParts(deployment, deployment.there), undefined, callerFor(user));
}

export async function logOut(
  deployment: Deployment,
  _user: User,
  { accessToken: token }: IssuedTokens,
): Promise<void> {
  await logout(useParts(deployment, deployment.there), { token }, CALLER);
}

/** Counts the servers that accept the token. */
export async function countAccepting(deployment: Deployment, token: string): Promise<number> {
  const { here, there } = deployment;
  const accepted = await Promise.all(
    [here, there].map((server) => isAccepted(useParts(deployment, server), token)),
  );
  return accepted.filter(Boolean).length;
}

type Fate = 'refused' | 'revoked' | 'accepted' | 'accepted by one server alone';

/** Finds out what became of the tokens of a login, or of a change of the password. */
export async function findFate(
  deployment: Deployment,
  issued: IssuedTokens | undefined,
): Promise<Fate> {
  if (issued === undefined) return 'refused';
  const count = await countAccepting(deployment, issued.accessToken);
  if (count === 1) return 'accepted by one server alone';
  return count === 0 ? 'revoked' : 'accepted';
}

/**
 * Makes the database's clock look an hour behind, for this user: the cutoff is where a primary
 * whose clock was an hour ahead of this one's would have put it, before it was lost.
 */
export async function setClockBack({ collections, there }: Deployment, { id }: User) {
  await there.revocations.revokeUser({ userId: id, reason: 'user_requested', revokedBy: id });
  const update = { $set: { revoked_before: new Date(Date.now() + HOUR) } };
  await collections.revokedTokens.updateOne({ _id: userEntry(id) }, update);
}

/** Runs of a broken variant, each of which has to show its fault. */
const RUNS = 20;

interface Broken {
  readonly variant: Variant;
  readonly race: Race<Deployment>;
  /** The action waits at this point until the rival was answered. */
  readonly barrier: Point;
  readonly fault: string;
  readonly prepare?: typeof setClockBack;
}

/** Asserts that the broken variant shows this fault every time, and the intact one none at the same barrier. */
export async function assertCaught(
  t: ExecutionContext,
  { variant, race, barrier, fault, prepare }: Broken,
): Promise<void> {
  const deployment = await openDeployment(t);
  async function findFault(place: Deployment): Promise<string | undefined> {
    const user = await addUser(place.collections);
    await prepare?.(place, user);
    return (await race.run(place, user, { point: barrier, isBarrier: true })).fault;
  }

  const runs = await repeat(t, Array(RUNS).fill(undefined), async () => ({
    broken: await findFault({ ...deployment, variant }),
    intact: await findFault(deployment),
  }));
  t.deepEqual(new Set(runs.map((run) => run.broken)), new Set([fault]));
  t.deepEqual(new Set(runs.map((run) => run.intact)), new Set([undefined]));
}
