import type { Auth } from '../../lib/auth.ts';
import { MINUTE } from '../../lib/time.ts';
import { createApp } from '../../server/app.ts';
import { listen } from '../../server/http-server.ts';
import { createLog } from '../../server/log.ts';
import type { Scope } from './scope.ts';

/** Serves an auth of the test's own over HTTP, on a free port, until the test ends. */
export async function serveAuth(t: Scope, auth: Auth): Promise<string> {
  const log = createLog('silent');
  const options = {
    stopping: new AbortController().signal,
    requestDeadline: MINUTE,
    trustProxy: 0,
  };
  const app = createApp({ auth, log, ...options });
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0, log });
  t.teardown(() => server.close(0));
  return server.url;
}
