import type { Environment } from './environment.ts';
import { SECRETS } from './settings.ts';
import { readText } from './text-file.ts';

/** `NAME=` is as good as no NAME at all. */
export function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
}

/** The variables of these names, secrets from their files where NAME_FILE names one; and what is wrong with these. */
export function readFiles(env: Environment, names: readonly string[]) {
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
    const code = error instanceof Error && 'code' in error ? error.code : error;
    problems.push(`${name}_FILE names a file that cannot be read (${code})`);
    return undefined;
  }
}
