import type { AuthOptions } from './auth-options.ts';
import { closeParts, openParts } from './auth-parts.ts';
import { type UseCase, withDeadline } from './deadline.ts';
import { type Authenticate, createAuthenticate } from './use-cases/authenticate.ts';
import { type ChangePassword, createChangePassword } from './use-cases/change-password.ts';
import { type CheckHealth, createCheckHealth } from './use-cases/check-health.ts';
import { createLogin, type Login } from './use-cases/login.ts';
import { createLogout, type Logout } from './use-cases/logout.ts';
import { createRefresh, type Refresh } from './use-cases/refresh.ts';
import { createRevokeAllTokens, type RevokeAllTokens } from './use-cases/revoke-all-tokens.ts';
import { createOwnSessions, type OwnSessions } from './use-cases/sessions.ts';

export interface Auth {
  readonly login: Login;
  readonly authenticate: Authenticate;
  readonly refresh: Refresh;
  readonly sessions: OwnSessions;
  readonly changePassword: ChangePassword;
  readonly logout: Logout;
  readonly revokeAllTokens: RevokeAllTokens;
  readonly checkHealth: CheckHealth;
  /** Ends the threads and timers. The database connection is the caller's to close. */
  close(): Promise<void>;
}

/**
 * Assembles the use cases on one database. Throws a TypeError that names the option at fault;
 * asks nothing of the database yet.
 */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const parts = await openParts(options);
  const { deadline } = parts;
  const bounded = <Input, Output>(useCase: UseCase<Input, Output>) =>
    withDeadline(useCase, deadline);
  const sessions = createOwnSessions(parts);
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
    checkHealth: createCheckHealth({ ...parts, patience: deadline / 2 }),
    close: () => closeParts(parts),
  };
}
