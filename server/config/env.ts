import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { dotEnvFaults } from './dot-env-faults.ts';
import { ConfigError } from './error.ts';
import { SECRETS, settings } from './settings.ts';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of `.env` in a folder, if the file exists. Variables in `real`, the environment, override those
 * of the file. Throws ConfigError if the file cannot be read, or if Node would not parse a setting as intended.
 */
export function readEnvironment(folder: string, real: Environment): Environment {
  const text = readDotEnv(join(folder, '.env'));
  const isUsed = (name: string) => isSetting(name) && real[name] === undefined;
  const faults = dotEnvFaults(text, isUsed);
  if (faults.length > 0) throw new ConfigError(faults);
  return { ...parseEnv(text), ...real };
}

function isSetting(name: string): boolean {
  return name.replace(/_FILE$/, '') in settings;
}

function readDotEnv(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    const code = readCode(error);
    if (code === 'ENOENT') return '';
    throw new ConfigError([`.env cannot be read (${code})`]);
  }
}

function readCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}

/** Removes empty variables, so that `NAME=` counts as not set. */
export function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
}

/** Reads secrets from the files named in NAME_FILE variables. Returns all variables, and problems with the files. */
export function readSecretFiles(env: Environment, names: readonly string[]) {
  const values: Record<string, string | undefined> = { ...env };
  const problems: string[] = [];
  for (const name of SECRETS.filter((candidate) => names.includes(candidate))) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    if (env[name] === undefined) values[name] = readSecret(name, file, problems);
    else problems.push(`${name}_FILE and ${name} are both set. Keep one of them`);
  }
  return { values: withoutEmpty(values), problems };
}

function readSecret(name: string, file: string, problems: string[]): string | undefined {
  try {
    return readText(file).trim();
  } catch (error) {
    problems.push(`${name}_FILE names a file that cannot be read (${readCode(error)})`);
    return undefined;
  }
}

/** Reads a text file in UTF-8 or UTF-16, without its byte order mark. */
export function readText(file: string): string {
  const bytes = readFileSync(file);
  return new TextDecoder(detectEncoding(bytes)).decode(bytes).replace(/^\ufeff+/, '');
}

/** Detects the encoding by the byte order mark, or by the NUL byte that UTF-16 has in each ASCII character. */
function detectEncoding([first, second, third]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== 0 && second === 0 && third !== 0) return 'utf-16le';
  return first === 0 && second !== 0 ? 'utf-16be' : 'utf-8';
}
