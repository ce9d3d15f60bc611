import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StoreNotReady } from '../lib/errors.ts';
import { SECOND } from '../lib/time.ts';
import { withAdvice } from './advice.ts';
import { type Config, parseConfig } from './config/config.ts';
import { readEnvironment } from './config/env.ts';
import { ConfigError } from './config/error.ts';
import { goneSettings, misspelledSettings } from './config/warnings.ts';
import { EXIT } from './exit-codes.ts';
import { leave } from './leave.ts';
import { CannotListen } from './listen-on.ts';
import { createLog } from './log.ts';
import { openStandardOutput } from './output/standard-output.ts';
import { type RunningServer, startServer, stopTimeout } from './start.ts';
import { listenForStop, type StopRequests } from './stop-requests.ts';

/** Maximum milliseconds for closing the library and the database connection after the requests have ended. */
const CLOSE_TIMEOUT = 5 * SECOND;

const output = openStandardOutput();

/** Runs the server until a stop request. Resolves with the exit code. */
async function run(): Promise<number> {
  const environment = readEnvironment(process.cwd(), process.env);
  const config = parseConfig(environment);
  const log = createLog(config.LOG_LEVEL, output);
  log.info('JWT_SECRET_KEY validated successfully');
  const warnings = [...misspelledSettings(environment), ...goneSettings(environment)];
  for (const warning of warnings) log.warn(warning);
  const requests = listenForStop((err) =>
    log.fatal({ err }, 'The server stops because of an uncaught error'),
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

/** Stops the server. Resolves with false if stopping fails or times out. */
async function stop(
  server: RunningServer,
  config: Config,
  { hurried }: StopRequests,
  log: Logger,
): Promise<boolean> {
  server.drain();
  await Promise.race([delay(config.SHUTDOWN_DELAY), hurried]);
  const deadline = delay(stopTimeout(config) + CLOSE_TIMEOUT, false);
  try {
    return await Promise.race([server.stop().then(() => true), deadline]);
  } catch (err) {
    log.error({ err }, 'The server did not stop cleanly');
    return false;
  }
}

/** Reports why the server did not start. Returns the exit code. */
function reportFailure(error: unknown): number {
  const isConfiguration = error instanceof ConfigError || error instanceof StoreNotReady;
  if (isConfiguration || error instanceof CannotListen || isSystemError(error)) {
    output.writeError(`rescind cannot start. ${withAdvice(error)}\n`);
    return isConfiguration ? EXIT.config : EXIT.failed;
  }
  output.writeError(`${error instanceof Error ? error.stack : error}\n`);
  return EXIT.failed;
}

/** Returns true for an error of a system call, e.g. a missing working directory, which is printed without a stack. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

await leave(await run().catch(reportFailure), output);
