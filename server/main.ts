import closeWithGrace from 'close-with-grace';
import { SECOND } from '../lib/time.ts';
import { type Config, parseConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { readEnvironment } from './environment.ts';
import { EXIT } from './exit-codes.ts';
import { createLog } from './log.ts';
import { NotReady, startServer } from './start.ts';

const STOP_DEADLINE = 10 * SECOND;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL);
  log.info('JWT_SECRET_KEY validated successfully');
  const server = await startServer(config, log).catch(explain);
  log.info({ url: server.url }, 'listening');
  closeWithGrace({ delay: STOP_DEADLINE, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'The server stops because of an error that nothing caught');
    else log.info({ signal }, 'stopping');
    await server.stop();
  });
}

function readConfig(): Config {
  try {
    return parseConfig(readEnvironment(process.cwd(), process.env));
  } catch (error) {
    if (error instanceof ConfigError) leave(error.message, EXIT.config);
    throw error;
  }
}

function explain(error: unknown): never {
  if (error instanceof NotReady) leave(error.message, EXIT.config);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') {
    leave(`${error.message}. Choose another HOST or PORT`, EXIT.failed);
  }
  throw error;
}

function leave(message: string, code: number): never {
  process.stderr.write(`rescind cannot start. ${message}\n`);
  process.exit(code);
}

await main();
