export { type Auth, createAuth, type JwkSet } from './auth.ts';
export type { Caller, Principal } from './caller.ts';
export {
  AuthError,
  type AuthErrorCode,
  type InputFault,
  isAuthError,
  type Remedy,
  StoreNotReady,
  StoreUnavailable,
} from './errors.ts';
export type { Log } from './log.ts';
export type { AuthOptions } from './options.ts';
export type { Limit } from './store/accounts/expiry.ts';
export type { LoginLimitOptions } from './store/accounts/login-limits.ts';
export type {
  FollowerEvent,
  Hindrance,
  SilentServer,
  StrictReadCause,
} from './store/followers/events.ts';
export type { BoundedCount } from './store/mongo/bounded-count.ts';
export type { ConnectOptions } from './store/mongo/connect-options.ts';
export { type Connection, connect, type Db } from './store/mongo/database.ts';
export type { AuditFilter, AuditPage, RecordedEvent } from './store/records/audit-trail.ts';
export type { DayCounts } from './store/records/daily-counters.ts';
export type { Clock } from './time.ts';
export type { PublicJwk } from './tokens/keys/key.ts';
export type { UseCase } from './use-case.ts';
export type { DryRunInput, UserInput } from './use-cases/admin.ts';
export type { AuditEventsInput } from './use-cases/audit-events.ts';
export type { AuthenticateInput } from './use-cases/authenticate.ts';
export type { ChangePasswordInput } from './use-cases/change-password.ts';
export type { HealthCheck, HealthReport } from './use-cases/check-health.ts';
export type { ActiveToken, IntrospectInput } from './use-cases/introspect.ts';
export type { LoginInput } from './use-cases/login.ts';
export type { LogoutInput } from './use-cases/logout.ts';
export type { RefreshInput } from './use-cases/refresh.ts';
export type { RevokeTokenInput } from './use-cases/revoke-token.ts';
export type { LiveSession } from './use-cases/sessions.ts';
export type { ClientCredentials } from './use-cases/shared/authenticate-client.ts';
export type { IssuedTokens } from './use-cases/shared/open-session.ts';
export type { Stats, StatsInput } from './use-cases/stats.ts';
export type { User } from './user.ts';
