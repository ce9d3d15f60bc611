import { join } from 'node:path';
import { readEnvironment, readText } from '../../server/config/env.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from '../cli/cli-error.ts';
import { leadsAway } from './loopback.ts';
import { freePort } from './mongod/free-port.ts';

/** The settings of `npm run dev`. */
export interface Settings {
  /** The folder of everything that dev keeps. */
  dataFolder: string;
  host: string;
  /** Passed on as given: the server validates it. */
  port: string;
  /** Passed on as given; by default no delay, as no load balancer has to notice first. */
  shutdownDelay: string;
  /** A MongoDB of the user's own, on this machine. */
  mongodbUri: string | undefined;
  hasSecret: boolean;
}

type Lookup = (name: string) => string | undefined;

/**
 * Reads the settings from the environment and from `.env`, where the environment wins and an empty
 * value counts as none.
 *
 * @throws CliError 78 when the MongoDB given is not on this machine. Nothing has been touched then.
 */
export async function readSettings(env: NodeJS.ProcessEnv, folder: string): Promise<Settings> {
  const all = readEnvironment(folder, env);
  const lookup: Lookup = (name) => all[name] || undefined;
  const mongodbUri = givenUri(lookup);
  const away = mongodbUri && leadsAway(mongodbUri);
  if (away) throw new CliError(EXIT.config, refusal(away));
  const port = lookup('PORT') ?? '8001';
  return {
    dataFolder: join(folder, '.data'),
    host: lookup('HOST') ?? '127.0.0.1',
    port: Number(port) === 0 ? String(await freePort()) : port,
    shutdownDelay: lookup('SHUTDOWN_DELAY') ?? '0s',
    mongodbUri,
    hasSecret: [lookup('JWT_SECRET_KEY'), lookup('JWT_SECRET_KEY_FILE')].some(Boolean),
  };
}

function givenUri(lookup: Lookup): string | undefined {
  const uri = lookup('MONGODB_URI');
  const file = lookup('MONGODB_URI_FILE');
  if (uri && file)
    throw new CliError(EXIT.config, 'MONGODB_URI and MONGODB_URI_FILE are both set: one is to go.');
  return file ? uriIn(file) : uri;
}

function uriIn(file: string): string {
  try {
    return readText(file).trim();
  } catch (error) {
    throw new CliError(EXIT.config, `MONGODB_URI_FILE cannot be read: ${(error as Error).message}`);
  }
}

function refusal(reason: string): string {
  return [
    `MONGODB_URI is set, and npm run dev does not use it: ${reason}.`,
    'It works with a MongoDB on this machine only (localhost, 127.0.0.0/8, ::1), so that trying',
    'something out never reaches a database that matters. Nothing has been touched. Either',
    '  - unset MONGODB_URI (in the environment and in .env): dev then runs a MongoDB of its own; or',
    '  - run the server that is configured with it: npm run migrate, then npm start.',
  ].join('\n');
}
