import type { AuthOptions } from './auth-options.ts';
import { type AuthParts, closeParts, openParts } from './auth-parts.ts';
import { createClosing } from './closing.ts';
import { withCounts } from './counted.ts';
import { type UseCase, withDeadline } from './deadline.ts';
import { withCheckedArguments } from './input.ts';
import { SECOND } from './time.ts';
import type { PublicJwk } from './tokens/key.ts';
import { type Administer, createAdminister } from './use-cases/administer.ts';
import { type AuditEvents, createAuditEvents } from './use-cases/audit-events.ts';
import { type Authenticate, createAuthenticate } from './use-cases/authenticate.ts';
import { type ChangePassword, createChangePassword } from './use-cases/change-password.ts';
import { type CheckHealth, createCheckHealth } from './use-cases/check-health.ts';
import { createIntrospect, type Introspect } from './use-cases/introspect.ts';
import { createLogin, type Login } from './use-cases/login.ts';
import { createLogout, type Logout } from './use-cases/logout.ts';
import { createRefresh, type Refresh } from './use-cases/refresh.ts';
import { createRevokeAllTokens, type RevokeAllTokens } from './use-cases/revoke-all-tokens.ts';
import { createRevokeToken, type RevokeToken } from './use-cases/revoke-token.ts';
import { createOwnSessions, type OwnSessions } from './use-cases/sessions.ts';
import { createReadStats, type ReadStats } from './use-cases/stats.ts';

/** For administrators; whether the caller is one is for the application to check. */
export interface Admin extends Administer {
  readonly auditEvents: AuditEvents;
  readonly stats: ReadStats;
}

/** Keys to verify tokens by. */
export interface JwkSet {
  readonly keys: readonly PublicJwk[];
}

export interface Auth {
  readonly login: Login;
  readonly authenticate: Authenticate;
  readonly refresh: Refresh;
  readonly sessions: OwnSessions;
  readonly changePassword: ChangePassword;
  readonly logout: Logout;
  readonly revokeAllTokens: RevokeAllTokens;
  readonly introspect: Introspect;
  readonly revokeToken: RevokeToken;
  readonly admin: Admin;
  readonly checkHealth: CheckHealth;
  /** The public keys, the signing one first, as a JWK Set (RFC 7517 section 5); empty where only secrets sign. */
  jwks(): JwkSet;
  /** The names of the keys that make new tokens, by which they can be revoked. */
  readonly kids: { readonly accessTokens: string; readonly refreshTokens: string };
  /**
   * Ends the threads, timers and listeners. Use cases under way may finish, for up to two seconds; later ones
   * are refused with `store_unavailable`, and `checkHealth` reports it. May be repeated. The database
   * connection is the caller's to close, afterwards.
   */
  close(): Promise<void>;
}

/**
 * Assembles the use cases on one database. Throws a TypeError that names the option at fault;
 * asks nothing of the database yet.
 */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  return assemble(await openParts(options));
}

/** The longest that use cases under way keep `close` waiting, in milliseconds. */
const CLOSING_PATIENCE = 2 * SECOND;

/** Wires the parts; to `close` what comes of it closes them. */
export function assemble(parts: AuthParts): Auth {
  const { deadline, dailyCounts } = parts;
  const closing = createClosing(() => closeParts(parts), Math.min(deadline, CLOSING_PATIENCE));
  const bounded = <Input, Output>(useCase: UseCase<Input, Output>) =>
    closing.guard(withCheckedArguments(withCounts(withDeadline(useCase, deadline), dailyCounts)));
  const sessions = createOwnSessions(parts);
  const administer = createAdminister(parts);
  return {
    login: bounded(createLogin(parts)),
    authenticate: bounded(createAuthenticate(parts)),
    refresh: bounded(createRefresh(parts)),
    sessions: {
      list: bounded(sessions.list),
      end: bounded(sessions.end),
      endOthers: bounded(sessions.endOthers),
    },
    changePassword: bounded(createChangePassword(parts)),
    logout: bounded(createLogout(parts)),
    revokeAllTokens: bounded(createRevokeAllTokens(parts)),
    introspect: bounded(createIntrospect(parts)),
    revokeToken: bounded(createRevokeToken(parts)),
    admin: {
      revokeUserTokens: bounded(administer.revokeUserTokens),
      revokeEveryone: bounded(administer.revokeEveryone),
      userSessions: bounded(administer.userSessions),
      auditEvents: bounded(createAuditEvents(parts)),
      stats: bounded(createReadStats(parts)),
    },
    checkHealth: closing.guardHealth(createCheckHealth({ ...parts, patience: deadline / 2 })),
    jwks: () => ({ keys: parts.keys.publicJwks }),
    kids: { accessTokens: parts.keys.signing.kid, refreshTokens: parts.refreshTokens.kid },
    close: closing.close,
  };
}
