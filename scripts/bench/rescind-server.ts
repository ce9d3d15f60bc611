/** The rescind of a row, as BENCH_ROW describes it, in a process of its own. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { type Auth, assemble } from '../../lib/auth.ts';
import { openParts } from '../../lib/parts.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { SECOND } from '../../lib/time.ts';
import { createApp } from '../../server/app.ts';
import type { State } from '../../server/context.ts';
import { listen } from '../../server/http-server.ts';
import { authenticate, handleErrors } from '../../server/index.ts';
import { createLog } from '../../server/log.ts';
import { me } from '../../server/routes/auth/me.ts';
import { fixLease } from './fixed-lease.ts';
import type { RowOptions } from './servers.ts';

const host = '127.0.0.1';
const deadline = 5 * SECOND;
const LONGEST_WAIT = 10 * SECOND;

/** Makes the auth that createAuth makes, changed as the row says. */
async function openAuth(options: RowOptions): Promise<Auth> {
  const { secret, issuer, audience, mongodbUri, follow, hasFixedAnswer } = options;
  const { db } = connect(mongodbUri, { deadline });
  const mode = follow === 'auto' ? 'auto' : 'off';
  const given = { db, secrets: [secret], issuer, audience, deadline, follow: mode } as const;
  const parts = await openParts(given);
  const auth = assemble(follow === 'fixed' ? fixLease(parts) : parts);
  if (mode === 'auto' && !(await auth.follow(LONGEST_WAIT))) throw new Error('There is no lease');
  return hasFixedAnswer ? fixAnswer(auth) : auth;
}

/** Answers each introspection with the answer of the first one. */
function fixAnswer(auth: Auth): Auth {
  let answer: ReturnType<Auth['introspect']> | undefined;
  return {
    ...auth,
    introspect(...args) {
      answer ??= auth.introspect(...args);
      return answer;
    },
  };
}

const stopping = new AbortController().signal;

/** Serves a bare Koa application with the middleware, as the peers are measured. Returns the port. */
async function serveEmbedded(auth: Auth): Promise<number> {
  const app = new Koa<State>();
  app.use(handleErrors());
  app.use(authenticate(auth));
  const services = { auth, stopping };
  app.use((ctx) => me(services, ctx));
  const server = createServer(app.callback()).listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Serves the whole server as server/start.ts does, with its log on /dev/null. Returns the port. */
async function serveWhole(auth: Auth): Promise<number> {
  const log = createLog('info');
  const app = createApp({ auth, stopping, log, requestDeadline: deadline, trustProxy: 0 });
  const { url } = await listen(app.callback(), { host, port: 0, log });
  return Number(new URL(url).port);
}

const session = new Session();

/** Starts the profiler, or stops it and writes what it found into a file. */
async function profile(path: string): Promise<object> {
  if (path === 'start') {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    await writeFile(path, JSON.stringify(profile));
  }
  return {};
}

function readUsage(): object {
  globalThis.gc?.(); // only with --expose-gc, where memory is measured and nothing else
  return { cpu: process.cpuUsage(), memory: process.memoryUsage() };
}

const options = JSON.parse(process.env['BENCH_ROW'] ?? '{}') as RowOptions;
const auth = await openAuth(options);
const port = await (options.form === 'whole' ? serveWhole(auth) : serveEmbedded(auth));
process.on('message', async ({ profile: path }: { profile?: string }) => {
  process.send?.(path === undefined ? readUsage() : await profile(path));
});
// A follower that is killed leaves its document, for which every revocation waits.
process.once('SIGTERM', async () => {
  await auth.close();
  process.exit();
});
process.send?.({ port });
