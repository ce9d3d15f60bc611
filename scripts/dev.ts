/** Entry point of `npm run dev`: prepares a database, a secret and a user, then runs the server. Needs no setup. */
import { chmod, mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { EXIT } from '../server/exit-codes.ts';
import { CliError } from './cli/cli-error.ts';
import { banner } from './dev/banner.ts';
import { type Cleanups, createCleanups } from './dev/cleanups.ts';
import { rescind } from './dev/command.ts';
import { type OwnDatabase, startOwnDatabase } from './dev/database.ts';
import { localSecret } from './dev/local-secret.ts';
import { createReport, painter, type Report } from './dev/progress.ts';
import { checkAddress, startServer } from './dev/server.ts';
import { readSettings, type Settings } from './dev/settings.ts';
import { stopped, stopSignal } from './dev/stop-signal.ts';
import { devUser } from './dev/user.ts';

const help = `Usage: npm run dev

Runs rescind on this machine, with nothing to set up:
  1. finds a MongoDB server (mongod) or fetches one, and runs it on .data/mongodb
  2. generates a JWT secret and keeps it in .data/jwt-secret-key
  3. migrates the database and creates ${devUser.email} / ${devUser.password}
  4. runs the server and prints commands to try
Ctrl-C stops the server and MongoDB. To start afresh: rm -rf .data

Settings, from the environment or from .env:
  HOST, PORT       listen on this address (default: 127.0.0.1, 8001)
  MONGODB_URI      use this MongoDB, which must be on this machine; create no user
  JWT_SECRET_KEY   use this secret
  MONGOD_BINARY    run this mongod
All other settings in .env.example are passed to the server.
`;

async function main(args: string[]): Promise<number> {
  if (wantsHelp(args)) {
    process.stdout.write(help);
    return 0;
  }
  const settings = await readSettings(process.env, process.cwd());
  await checkAddress(settings.host, settings.port);
  const report = createReport(process.stderr);
  const cleanups = createCleanups();
  const stop = stopped(stopSignal(process.env)).then(() => 0);
  try {
    return await Promise.race([serve(settings, report, cleanups), stop]);
  } finally {
    await cleanups.run();
  }
}

function wantsHelp(args: string[]): boolean {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args, options }).values.help === true;
  } catch (error) {
    throw new CliError(EXIT.usage, `${(error as Error).message}\n\n${help}`);
  }
}

/** Starts the database and the server. Resolves with the exit code of the server. */
async function serve(settings: Settings, report: Report, cleanups: Cleanups): Promise<number> {
  await mkdir(settings.dataFolder, { recursive: true, mode: 0o700 });
  await chmod(settings.dataFolder, 0o700);
  const own = settings.mongodbUri
    ? undefined
    : await startOwnDatabase(settings.dataFolder, process.env, report, cleanups);
  const env = await childEnv(settings, own);
  await report.step('Migrating the database', () => rescind(['migrate'], env));
  if (own) await report.step(`Creating ${devUser.email}`, () => createUser(env));
  const url = toUrl(settings);
  const server = await startServer(url, env, report, cleanups);
  const facts = { url, dataFolder: '.data', ownUri: own?.uri };
  process.stdout.write(banner(facts, painter(process.stdout)));
  return Promise.race([server.exitCode, ...(own ? [own.lost] : [])]);
}

async function childEnv(
  { host, port, shutdownDelay, hasSecret, dataFolder }: Settings,
  own: OwnDatabase | undefined,
): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    HOST: host,
    PORT: port,
    SHUTDOWN_DELAY: shutdownDelay,
    ...(own ? { MONGODB_URI: own.uri } : {}),
    ...(hasSecret ? {} : { JWT_SECRET_KEY: await localSecret(dataFolder) }),
  };
}

async function createUser(env: NodeJS.ProcessEnv): Promise<void> {
  const { email, company, name, password } = devUser;
  const who = ['--email', email, '--company', company, '--name', name];
  await rescind(['user:create', ...who, '--if-absent', '--without-rules'], env, password);
}

/** Returns the URL of the server. Replaces a wildcard address, which clients cannot connect to, by loopback. */
function toUrl({ host, port }: Settings): string {
  const callable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${callable.includes(':') ? `[${callable}]` : callable}:${port}`;
}

// Output errors are ignored, so that the server and its database continue when the reader, e.g. `head`, has exited.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    const explained = error instanceof CliError;
    process.stderr.write(`\n${explained ? error.message : error.stack}\n`);
    process.exit(explained ? error.exitCode : EXIT.failed);
  },
);
