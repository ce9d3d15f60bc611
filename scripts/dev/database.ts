import { join } from 'node:path';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from '../cli/cli-error.ts';
import type { Cleanups } from './cleanups.ts';
import { findMongod } from './mongod/find.ts';
import { type Mongod, startMongod, withDatabase } from './mongod/start.ts';
import { DataFolderInUse } from './mongod/start-failure.ts';
import type { Report } from './progress.ts';

/** The MongoDB that `npm run dev` itself started. */
export interface OwnDatabase {
  uri: string;
  /** Rejects when the MongoDB ends. Never resolves. */
  lost: Promise<never>;
}

/**
 * Finds or fetches a mongod and runs it on `<dataFolder>/mongodb`.
 *
 * @throws CliError 1 with the reason, if no mongod is found or the mongod does not start.
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
  // Added before the start has finished, so that a Ctrl-C during the start also stops MongoDB.
  cleanups.add(async () => {
    const mongod = await starting;
    await report.step('Stopping MongoDB', () => mongod.stop());
  });
  const mongod = await report.step('Starting MongoDB', () => starting).catch(explain);
  const lost = loss(mongod);
  // The caller awaits `lost` later. Without this handler, an earlier rejection would be unhandled and end the process.
  lost.catch(() => {});
  return { uri: withDatabase(mongod.uri, 'rescind'), lost };
}

function explain(cause: Error): never {
  throw new CliError(EXIT.failed, `${cause.message}${adviceFor(cause)}`, { cause });
}

function adviceFor(cause: Error): string {
  if (!(cause instanceof DataFolderInUse)) return '';
  return '\nIf npm run dev runs in another terminal, stop it there.';
}

async function loss(mongod: Mongod): Promise<never> {
  throw new CliError(EXIT.failed, `MongoDB has ended unexpectedly: ${await mongod.ended}`);
}
