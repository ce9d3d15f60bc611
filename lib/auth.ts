import type { Caller, Principal } from './caller.ts';
import type { AuthOptions } from './options.ts';
import { type AuthParts, closeParts, openParts } from './parts.ts';
import { SECOND } from './time.ts';
import type { PublicJwk } from './tokens/keys/key.ts';
import {
  CLOSED,
  createClosing,
  type UseCase,
  withCheckedArguments,
  withCounts,
  withDeadline,
} from './use-case.ts';
import { revokeEveryone, revokeUserTokens, userSessions } from './use-cases/admin.ts';
import { auditEvents } from './use-cases/audit-events.ts';
import { type AuthenticateInput, authenticate } from './use-cases/authenticate.ts';
import { changePassword } from './use-cases/change-password.ts';
import { checkHealth, failedReport, type HealthReport } from './use-cases/check-health.ts';
import {
  type ActiveToken,
  type IntrospectInput,
  introspect,
  recallActive,
} from './use-cases/introspect.ts';
import { login } from './use-cases/login.ts';
import { logout } from './use-cases/logout.ts';
import { recall } from './use-cases/recall.ts';
import { refresh } from './use-cases/refresh.ts';
import { revokeAllTokens } from './use-cases/revoke-all-tokens.ts';
import { revokeToken } from './use-cases/revoke-token.ts';
import { endOtherSessions, endSession, listSessions } from './use-cases/sessions.ts';
import { stats } from './use-cases/stats.ts';

/** The use cases on one database, a health check of the database, the public keys, and `close`. */
export type Auth = ReturnType<typeof assemble>;

/** The public keys that verify tokens (RFC 7517 section 5). */
export interface JwkSet {
  readonly keys: readonly PublicJwk[];
}

/** Creates the use cases on one database, without waiting for it. Throws a TypeError that names an invalid option. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  return assemble(await openParts(options));
}

/** The most milliseconds that `close` waits for use cases in flight. */
const CLOSE_TIMEOUT = 2 * SECOND;

/** Binds every use case to the parts that it needs. `close` closes the parts. */
export function assemble(parts: AuthParts) {
  const { deadline, keys, refreshTokens } = parts;
  const closing = createClosing(() => closeParts(parts), Math.min(deadline, CLOSE_TIMEOUT));

  const use = createUse(parts, closing);
  const recalls = createRecalls(parts, closing.isClosed);

  return {
    login: use(login),
    recall: recalls.recall,
    /**
     * Returns the principal of a token, from memory or by a read. Carries `recall` as well, where middleware finds it: a
     * function that replaces `authenticate` is called for every token, unless it carries `recall` along.
     */
    authenticate: Object.assign(
      recallFirst((input: AuthenticateInput) => recalls.recall(input?.token), use(authenticate)),
      { recall: recalls.recall },
    ),
    refresh: use(refresh),
    logout: use(logout),
    changePassword: use(changePassword),
    revokeAllTokens: use(revokeAllTokens),
    sessions: {
      list: use(listSessions),
      end: use(endSession),
      endOthers: use(endOtherSessions),
    },
    introspect: recallFirst(recalls.recallActive, use(introspect)),
    revokeToken: use(revokeToken),
    /** Use cases for administrators. The application has to check that the caller is an administrator. */
    admin: {
      revokeUserTokens: use(revokeUserTokens),
      revokeEveryone: use(revokeEveryone),
      userSessions: use(userSessions),
      auditEvents: use(auditEvents),
      stats: use(stats),
    },
    /**
     * Starts to follow the database now, in place of at the first `authenticate` or `introspect`. Waits for the lease
     * for up to the given milliseconds, by default a second. Resolves with true if the lease holds, and with false if
     * each check reads the database.
     */
    follow: parts.followers.startNow,
    /** Checks everything that requests need from the database. After `close` every check fails. */
    checkHealth: (): Promise<HealthReport> => reportHealth(parts, closing.isClosed()),
    /** Returns the public keys, the signing key first. Secrets are not included. */
    jwks: (): JwkSet => ({ keys: keys.publicJwks }),
    /** The `kid` of each key that makes new tokens. Use the `kid` to revoke the key. */
    kids: { accessTokens: keys.signing.kid, refreshTokens: refreshTokens.kid },
    /**
     * Stops the threads, timers and listeners. Use cases in flight have up to two seconds to finish. Use cases that are
     * called later reject with `store_unavailable`, and `checkHealth` reports a failure. Does not close the database
     * connection, which the application has to close afterwards.
     */
    close: closing.close,
  };
}

/**
 * Creates the function that binds a use case to the parts. It adds a deadline, counts revoked tokens and database
 * failures, and rejects calls after `close`.
 */
function createUse(parts: AuthParts, closing: Pick<ReturnType<typeof createClosing>, 'guard'>) {
  return function use<Input, Output>(
    story: (deps: AuthParts, input: Input, caller: Caller) => Promise<Output>,
  ): UseCase<Input, Output> {
    const useCase = withDeadline(story.bind(undefined, parts), parts.deadline);
    return closing.guard(withCheckedArguments(withCounts(useCase, parts.dailyCounters)));
  };
}

/** Binds what answers from memory to the parts. After `close` it knows nothing. */
function createRecalls(parts: AuthParts, isClosed: () => boolean) {
  return {
    /**
     * Returns the principal of a token that this server knows, in this turn and without a promise. Returns undefined for
     * every other value, about which `authenticate` decides. Never throws.
     */
    recall(token: unknown): Principal | undefined {
      return isClosed() ? undefined : recall(parts, token);
    },
    recallActive(input: IntrospectInput): ActiveToken | undefined {
      return isClosed() ? undefined : recallActive(parts, input);
    },
  };
}

/** Lets a use case begin with what this server knows, which needs no deadline, no count and no check of the arguments. */
function recallFirst<Input, Output>(
  recallOutput: (input: Input) => Output | undefined,
  useCase: UseCase<Input, Output>,
): UseCase<Input, Output> {
  return async function recalling(input, caller) {
    return recallOutput(input) ?? useCase(input, caller);
  };
}

async function reportHealth(parts: AuthParts, isClosed: boolean): Promise<HealthReport> {
  if (isClosed) return failedReport(CLOSED);
  return checkHealth({ ...parts, timeout: parts.deadline / 2 });
}
