/** A rescind that is measured, as BENCH_ROW describes it; composed from lib/ as lib/auth.ts does. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { type Auth, createAuth } from '../../lib/auth.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { createClockSkew } from '../../lib/store/clock-skew.ts';
import { openCollections } from '../../lib/store/collections.ts';
import { connect, type Db } from '../../lib/store/database.ts';
import { createLastUse } from '../../lib/store/last-use.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { createUsers, type Users } from '../../lib/store/users.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { createAccessTokens } from '../../lib/tokens/access-tokens.ts';
import { createKeyRing } from '../../lib/tokens/keys.ts';
import { createAuthenticate } from '../../lib/use-cases/authenticate.ts';
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

/** About as long as the users in the database. */
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

async function composeAuthenticate(db: Db): Promise<Auth['authenticate']> {
  const collections = openCollections(db);
  const schema = createSchema(collections);
  const parts = {
    accessTokens: createAccessTokens({
      keys: await createKeyRing([options.secret]),
      issuer: options.issuer,
      audience: options.audience,
      accessTokenTtl: 15 * MINUTE,
      clock: Date.now,
    }),
    revocations: { ...createRevocations(collections, schema), ...revocationOverride() },
    users: { ...createUsers(collections), ...(options.userLoad === 'none' && sameUser) },
    skew: createClockSkew(db, Date.now),
    lastUse: createLastUse(collections),
  };
  return withDeadline(createAuthenticate(parts), DEADLINE);
}

function revocationOverride() {
  return options.checks === 'revocation' ? {} : nothingRevoked;
}

/** As an application of somebody else's has it, and as the peers are measured. Answers the port. */
async function serveEmbedded(auth: Pick<Auth, 'authenticate'>): Promise<number> {
  const app = new Koa();
  app.use(handleErrors());
  app.use(authenticate(auth));
  app.use((ctx) => me(ctx as unknown as Parameters<typeof me>[0], undefined as never));
  const server = createServer(app.callback()).listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** As server/start.ts does. Answers the port. */
async function serveWhole(db: Db, auth: Pick<Auth, 'authenticate'>): Promise<number> {
  const { secret, issuer, audience } = options;
  const rest = await createAuth({ db, secrets: [secret], issuer, audience });
  const log = createLog('info'); // to standard output, which the harness has opened on /dev/null
  const app = createApp({
    auth: { ...rest, ...auth },
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
  const auth = { authenticate: await composeAuthenticate(db) };
  const port = await (options.form === 'whole' ? serveWhole(db, auth) : serveEmbedded(auth));
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
