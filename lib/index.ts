export { type Auth, createAuth } from './auth.ts';
export type { AuthOptions } from './auth-options.ts';
export type { Caller, Principal } from './caller.ts';
export type { UseCase } from './deadline.ts';
export {
  AuthError,
  type AuthErrorCode,
  type InputFault,
  StoreNotReady,
  StoreUnavailable,
} from './errors.ts';
export type { Log } from './log.ts';
export { type Connection, type ConnectOptions, connect, type Db } from './store/database.ts';
export type { Limit, LoginLimitOptions } from './store/login-limits.ts';
export type { User } from './store/users.ts';
export type { Clock } from './time.ts';
export type { AuthenticateInput } from './use-cases/authenticate.ts';
export type { ChangePasswordInput } from './use-cases/change-password.ts';
export type { HealthCheck, HealthReport } from './use-cases/check-health.ts';
export type { Grant } from './use-cases/grant.ts';
export type { LoginInput } from './use-cases/login.ts';
export type { LogoutInput } from './use-cases/logout.ts';
export type { RefreshInput } from './use-cases/refresh.ts';
export type { LiveSession, OwnSessions } from './use-cases/sessions.ts';
