import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SECOND } from '../lib/time.ts';
import { type Config, parseConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { readEnvironment } from './environment.ts';
import { EXIT } from './exit-codes.ts';
import { leave } from './leave.ts';
import { CannotListen } from './listen-on.ts';
import { createLog } from './log.ts';
import { misspelledSettings } from './misspelled-settings.ts';
import { openStandardOutput } from './output/standard-output.ts';
import { NotReady, type RunningServer, startServer, stopPatience } from './start.ts';
import { listenForStop, type StopRequests } from './stop-requests.ts';

/** For the database and the rest, once the requests have ended, in milliseconds. */
const REST_PATIENCE = 5 * SECOND;

const output = openStandardOutput();

/** Serves until it is asked to stop; resolves with the code to exit with. */
async function run(): Promise<number> {
  const environment = readEnvironment(process.cwd(), process.env);
  const config = parseConfig(environment);
  const log = createLog(config.LOG_LEVEL, output);
  log.info('JWT_SECRET_KEY validated successfully');
  for (const warning of misspelledSettings(environment)) log.warn(warning);
  const requests = listenForStop((err) =>
    log.fatal({ err }, 'The server stops because of an error that nothing caught'),
  );
  const first = requests.first.then((signal) => {
    if (signal !== undefined) log.info({ signal }, 'stopping');
  });
  const server = await Promise.race([startServer(config, log), first]);
  if (server !== undefined) {
    log.info({ url: server.url }, 'listening');
    await first;
    if (!(await stop(server, config, requests, log))) return EXIT.failed;
  }
  return requests.hasErred() ? EXIT.failed : EXIT.ok;
}

/** Returns false where the stop failed, or took longer than it may. */
async function stop(
  server: RunningServer,
  config: Config,
  { hurried }: StopRequests,
  log: Logger,
): Promise<boolean> {
  server.drain();
  await Promise.race([delay(config.SHUTDOWN_DELAY), hurried]);
  const deadline = delay(stopPatience(config) + REST_PATIENCE, false);
  try {
    return await Promise.race([server.stop().then(() => true), deadline]);
  } catch (err) {
    log.error({ err }, 'The server could not be stopped as it should');
    return false;
  }
}

function explain(error: unknown): number {
  if (error instanceof ConfigError || error instanceof NotReady) return say(error, EXIT.config);
  if (error instanceof CannotListen || isOfSystem(error)) return say(error, EXIT.failed);
  output.writeError(`${error instanceof Error ? error.stack : error}\n`);
  return EXIT.failed;
}

/** The system's own refusals, such as a working folder that is gone, are no faults of the program. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function say({ message }: Error, code: number): number {
  output.writeError(`rescind cannot start. ${message}\n`);
  return code;
}

await leave(await run().catch(explain), output);
