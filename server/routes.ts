import { adminRoutes } from './routes/admin.ts';
import { authRoutes } from './routes/auth.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { publicRoutes } from './routes/public.ts';
import type { Route } from './routes/route.ts';

/** Every endpoint there is. */
export const routes: readonly Route[] = [
  ...authRoutes,
  ...adminRoutes,
  ...oauthRoutes,
  ...publicRoutes,
];
