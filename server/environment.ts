import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.ts';
import { readText } from './text-file.ts';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of `.env` in this folder, where there is one; the real environment wins over it. ConfigError where it cannot be read. */
export function readEnvironment(folder: string, real: Environment): Environment {
  return { ...readDotEnv(join(folder, '.env')), ...real };
}

function readDotEnv(file: string): Environment {
  try {
    return parseEnv(readText(file)) as Environment;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError([`.env cannot be read (${code})`]);
  }
}
