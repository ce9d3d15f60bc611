import { join } from 'node:path';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from '../cli/cli-error.ts';
import type { Cleanups } from './cleanups.ts';
import { findMongod } from './mongod/find.ts';
import { type Mongod, startMongod, withDatabase } from './mongod/start.ts';
import { DataFolderInUse } from './mongod/start-failure.ts';
import type { Report } from './progress.ts';

/** The MongoDB that dev itself started. */
export interface OwnDatabase {
  uri: string;
  /** Never resolves; rejects when the MongoDB ends while it is needed. */
  lost: Promise<never>;
}

/**
 * Finds or fetches a mongod and runs it on `<dataFolder>/mongodb`.
 *
 * @throws CliError 1 that says why there is none.
 */
export async function startOwnDatabase(
  dataFolder: string,
  env: NodeJS.ProcessEnv,
  report: Report,
  cleanups: Cleanups,
): Promise<OwnDatabase> {
  const binary = await findMongod(env, report).catch(explain);
  const starting = startMongod({
    binary,
    dataFolder: join(dataFolder, 'mongodb'),
    args: ['--oplogSize', '64'],
  });
  // Added before it has started: a Ctrl-C meanwhile waits for it, and stops it as well.
  cleanups.add(async () => {
    const mongod = await starting;
    await report.step('Stopping MongoDB', () => mongod.stop());
  });
  const mongod = await report.step('Starting MongoDB', () => starting).catch(explain);
  const lost = loss(mongod);
  // Awaited once the server runs; an end before that is no unhandled rejection.
  lost.catch(() => {});
  return { uri: withDatabase(mongod.uri, 'rescind'), lost };
}

function explain(cause: Error): never {
  throw new CliError(EXIT.failed, `${cause.message}${adviceFor(cause)}`, { cause });
}

function adviceFor(cause: Error): string {
  if (!(cause instanceof DataFolderInUse)) return '';
  return '\nIs npm run dev at work in another terminal? Then that is where to stop it.';
}

async function loss(mongod: Mongod): Promise<never> {
  throw new CliError(EXIT.failed, `MongoDB has ended by itself: ${await mongod.ended}`);
}
