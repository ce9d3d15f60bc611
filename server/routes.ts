import type { Route } from './route.ts';
import { auditEventsRoute } from './routes/admin/audit-events.ts';
import { revocationRoutes } from './routes/admin/revocations.ts';
import { statsRoute } from './routes/admin/stats.ts';
import { userSessionsRoute } from './routes/admin/user-sessions.ts';
import { changePasswordRoute } from './routes/auth/change-password.ts';
import { loginRoute } from './routes/auth/login.ts';
import { logoutRoute, revokeAllTokensRoute } from './routes/auth/logout.ts';
import { meRoute } from './routes/auth/me.ts';
import { refreshRoute } from './routes/auth/refresh.ts';
import { sessionRoutes } from './routes/auth/sessions.ts';
import { introspectRoute } from './routes/oauth/introspect.ts';
import { revokeRoute } from './routes/oauth/revoke.ts';
import { livezRoute, readyzRoute } from './routes/public/health.ts';
import { jwksRoute } from './routes/public/jwks.ts';

/** Every endpoint. */
export const routes: readonly Route[] = [
  loginRoute,
  refreshRoute,
  meRoute,
  logoutRoute,
  revokeAllTokensRoute,
  changePasswordRoute,
  ...sessionRoutes,
  ...revocationRoutes,
  userSessionsRoute,
  auditEventsRoute,
  statsRoute,
  revokeRoute,
  introspectRoute,
  jwksRoute,
  livezRoute,
  readyzRoute,
];
