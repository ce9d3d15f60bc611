import { join } from 'node:path';
import { readEnvironment, readText } from '../../server/config/env.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from '../cli/cli-error.ts';
import { leadsAway } from './loopback.ts';
import { freePort } from './mongod/free-port.ts';

/** The settings of `npm run dev`. */
export interface Settings {
  /** The folder of the database and the secret. */
  dataFolder: string;
  host: string;
  /** Passed unchanged to the server, which validates the port. */
  port: string;
  /** Passed unchanged to the server. Default 0s, because no load balancer needs time to notice the stop. */
  shutdownDelay: string;
  /** Connection string of the user's own MongoDB on this machine. If undefined, a MongoDB is started. */
  mongodbUri: string | undefined;
  hasSecret: boolean;
}

type Lookup = (name: string) => string | undefined;

/**
 * Reads the settings from the environment and from `.env`. Variables of the environment override those in `.env`.
 * An empty value counts as missing.
 *
 * @throws CliError 78 if MONGODB_URI does not lead to this machine, before anything is changed.
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
    throw new CliError(EXIT.config, 'MONGODB_URI and MONGODB_URI_FILE are both set. Unset one.');
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
    `MONGODB_URI is set, but \`npm run dev\` does not use this URI: ${reason}.`,
    '`npm run dev` uses only a MongoDB on this machine (localhost, 127.0.0.0/8, ::1), so that it never',
    'changes data on another machine. Nothing was changed. Do one of the following:',
    '  - unset MONGODB_URI in the environment and in .env; `npm run dev` then starts its own MongoDB',
    '  - start a server on this MONGODB_URI: `npm run migrate`, then `npm start`',
  ].join('\n');
}
