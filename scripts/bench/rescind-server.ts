/** A rescind that is measured, as BENCH_ROW describes it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { type Auth, assemble } from '../../lib/auth.ts';
import { openParts } from '../../lib/auth-parts.ts';
import { connect, type Db } from '../../lib/store/database.ts';
import type { Revocations } from '../../lib/store/revocations.ts';
import type { Users } from '../../lib/store/users.ts';
import { SECOND } from '../../lib/time.ts';
import { createApp } from '../../server/app.ts';
import { me } from '../../server/handlers/me.ts';
import { listen } from '../../server/http-server.ts';
import { authenticate, handleErrors } from '../../server/index.ts';
import { createLog } from '../../server/log.ts';
import type { RowOptions } from './server-process.ts';

const HOST = '127.0.0.1';
const DEADLINE = 5 * SECOND;

const options = JSON.parse(process.env['BENCH_ROW'] ?? '{}') as RowOptions;

/** The only row without a check: its list of what is revoked is always empty. */
const nothingRevoked: Pick<Revocations, 'check'> = { check: async () => undefined };

/** A user about as long as those in the database. */
const sameUser: Pick<Users, 'find'> = {
  find: async (id) => ({
    id,
    email: 'john.doe@testcompany.com',
    name: 'John Doe',
    companyId: 'testcompany',
    roles: [],
    disabled: false,
  }),
};

/** Makes the auth that createAuth makes, but for what the row leaves out. */
async function openAuth(db: Db): Promise<Auth> {
  const { secret, issuer, audience, checks, userLoad } = options;
  const parts = await openParts({ db, secrets: [secret], issuer, audience, deadline: DEADLINE });
  return assemble({
    ...parts,
    revocations: { ...parts.revocations, ...(checks !== 'revocation' && nothingRevoked) },
    users: { ...parts.users, ...(userLoad === 'none' && sameUser) },
  });
}

/** Serves an application of somebody else's, as the peers are measured. Answers the port. */
async function serveEmbedded(auth: Pick<Auth, 'authenticate'>): Promise<number> {
  const app = new Koa();
  app.use(handleErrors());
  app.use(authenticate(auth));
  app.use((ctx) => me(ctx as unknown as Parameters<typeof me>[0], undefined as never));
  const server = createServer(app.callback()).listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Serves the whole server, as server/start.ts does. Answers the port. */
async function serveWhole(auth: Auth): Promise<number> {
  const log = createLog('info'); // to standard output, which the harness has opened on /dev/null
  const app = createApp({
    auth,
    log,
    isStopping: () => false,
    requestDeadline: DEADLINE,
    trustProxy: 0,
  });
  const { url } = await listen(app.callback(), { host: HOST, port: 0, log });
  return Number(new URL(url).port);
}

async function main(): Promise<void> {
  const { db } = connect(options.mongodbUri, { deadline: DEADLINE });
  const auth = await openAuth(db);
  const port = await (options.form === 'whole' ? serveWhole(auth) : serveEmbedded(auth));
  process.on('message', (question: { cpu?: true }) => {
    if (!question.cpu) return;
    globalThis.gc?.(); // there only with --expose-gc: where memory is measured, and nothing else is
    process.send?.({ cpu: process.cpuUsage(), memory: process.memoryUsage() });
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGTERM', () => process.exit());
  process.send?.({ port });
}

await main();
