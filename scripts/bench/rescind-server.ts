/** The rescind of a row, as BENCH_ROW describes it, in a process of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
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
import type { RowOptions } from './servers.ts';

const host = '127.0.0.1';
const deadline = 5 * SECOND;

/** About as long as the users in the database. */
const SAME_USER = {
  email: 'john.doe@testcompany.com',
  name: 'John Doe',
  companyId: 'testcompany',
  roles: [],
  disabled: false,
};

/** Makes the auth that createAuth makes, without what the row leaves out. */
async function openAuth(options: RowOptions): Promise<Auth> {
  const { secret, issuer, audience, checks, userLoad, mongodbUri } = options;
  const { db } = connect(mongodbUri, { deadline });
  const parts = await openParts({ db, secrets: [secret], issuer, audience, deadline });
  const nothingRevoked = { check: async () => undefined };
  const sameUser = { find: async (id: string) => ({ id, ...SAME_USER }) };
  return assemble({
    ...parts,
    revocations: { ...parts.revocations, ...(checks !== 'revocation' && nothingRevoked) },
    users: { ...parts.users, ...(userLoad === 'none' && sameUser) },
  });
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

const options = JSON.parse(process.env['BENCH_ROW'] ?? '{}') as RowOptions;
const auth = await openAuth(options);
const port = await (options.form === 'whole' ? serveWhole(auth) : serveEmbedded(auth));
process.on('message', () => {
  globalThis.gc?.(); // only with --expose-gc, where memory is measured and nothing else
  process.send?.({ cpu: process.cpuUsage(), memory: process.memoryUsage() });
});
process.send?.({ port });
