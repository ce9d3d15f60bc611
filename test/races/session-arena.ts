/** Sessions made of the real parts on two servers with one database, whose refreshes can be watched. */
import type { ExecutionContext } from 'ava';
import { type AuthParts, closeParts, openParts } from '../../lib/auth-parts.ts';
import { AuthError, type AuthErrorCode } from '../../lib/errors.ts';
import type { Collections } from '../../lib/store/collections.ts';
import { connect } from '../../lib/store/database.ts';
import type { RevocationKind } from '../../lib/store/revocation-reads.ts';
import type { Refreshed } from '../../lib/store/sessions.ts';
import type { User } from '../../lib/store/users.ts';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { authenticate } from '../../lib/use-cases/authenticate.ts';
import { logout } from '../../lib/use-cases/logout.ts';
import { refresh } from '../../lib/use-cases/refresh.ts';
import { type IssuedTokens, openSession as open } from '../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../helpers/auth.ts';
import { type Bound, bind } from '../helpers/bind.ts';
import { ageDeployment, migratedDatabase } from '../helpers/database.ts';
import type { Watch } from '../helpers/login-steps.ts';
import { addUser } from '../helpers/users.ts';

/** The steps of a refresh, or of a request with an access token, that a race is about, each with what it reads. */
export interface SessionReads {
  /** Only in a broken variant: a refresh reads the session by its very update. */
  readonly find: unknown;
  readonly write: Refreshed | undefined;
  readonly check: RevocationKind | undefined;
  readonly user: User | undefined;
  readonly sign: unknown;
}

export type SessionWatch = Watch<SessionReads>;

/** Makes a use case of a server's parts; a broken variant makes another one. */
type Make<UseCase> = (parts: AuthParts, watch: SessionWatch) => UseCase;

/** One database and two servers on it. A broken variant is an arena with one thing exchanged. */
export interface SessionArena {
  readonly collections: Collections;
  readonly here: AuthParts;
  readonly there: AuthParts;
  readonly makeRefresh: Make<Bound<typeof refresh>>;
  readonly makeAuthenticate: Make<Bound<typeof authenticate>>;
  readonly makeLogout: (parts: AuthParts) => Bound<typeof logout>;
}

/** An arena on a database of the test's own; all of it ends with the test. */
export async function openSessionArena(t: ExecutionContext): Promise<SessionArena> {
  const { uri, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const secrets = [generateSecret()];

  async function openServer(): Promise<AuthParts> {
    const { db, close } = connect(uri, { deadline: MINUTE }); // the machine may be busy with other tests
    const parts = await openParts({ db, secrets, bcryptCost: 10 });
    t.teardown(async () => {
      await closeParts(parts);
      await close();
    });
    return parts;
  }

  return {
    collections,
    here: await openServer(),
    there: await openServer(),
    makeRefresh: (parts, watch) => bind(refresh, watchedParts(parts, watch)),
    makeAuthenticate: (parts, watch) => bind(authenticate, watchedParts(parts, watch)),
    makeLogout: (deps) => bind(logout, deps),
  };
}

/** The same parts, doing the same, with each step inside `watch`. */
export function watchedParts(parts: AuthParts, watch: SessionWatch): AuthParts {
  const { sessions, revocations, users, accessTokens } = parts;
  return {
    ...parts,
    sessions: {
      ...sessions,
      refresh: (input) => watch('write', () => sessions.refresh(input)),
    },
    revocations: {
      ...revocations,
      check: (token) => watch('check', () => revocations.check(token)),
      checkStrictly: (token) => watch('check', () => revocations.checkStrictly(token)),
    },
    users: { ...users, find: (id) => watch('user', () => users.find(id)) },
    accessTokens: {
      ...accessTokens,
      async issue(input) {
        await watch('sign', async () => undefined);
        return accessTokens.issue(input);
      },
    },
  };
}

/** A session as a login opens it, and whose it is. */
export interface OpenedSession extends IssuedTokens {
  readonly user: User;
}

/** Opens a session of a user of its own. A password would only cost time here. */
export async function openSession({ collections, here }: SessionArena): Promise<OpenedSession> {
  const user = await addUser(collections);
  const now = Date.now();
  const input = { userId: user.id, stamp: now, authTime: new Date(now) };
  return { user, ...(await open(here, input, CALLER)) };
}

/** What comes of it, or undefined where it is refused by one of these codes; any other error is thrown. */
export async function orRefused<T>(
  outcome: Promise<T>,
  ...codes: AuthErrorCode[]
): Promise<T | undefined> {
  return outcome.catch((error: unknown) => {
    if (error instanceof AuthError && codes.includes(error.code)) return undefined;
    throw error;
  });
}
