import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.ts';
import { dotEnvFaults } from './dot-env-faults.ts';
import { settings } from './settings.ts';
import { readText } from './text-file.ts';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of `.env` in this folder, where there is one; the real environment wins over it. ConfigError where it cannot be read, or not as it is written. */
export function readEnvironment(folder: string, real: Environment): Environment {
  const isAsked = (name: string) => isSetting(name) && real[name] === undefined;
  return { ...readDotEnv(join(folder, '.env'), isAsked), ...real };
}

function isSetting(name: string): boolean {
  return name.replace(/_FILE$/, '') in settings;
}

function readDotEnv(file: string, isAsked: (name: string) => boolean): Environment {
  const text = readDotEnvText(file);
  const faults = dotEnvFaults(text, isAsked);
  if (faults.length > 0) throw new ConfigError(faults);
  return parseEnv(text) as Environment;
}

function readDotEnvText(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError([`.env cannot be read (${code})`]);
  }
}
