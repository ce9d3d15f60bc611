import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';

/**
 * Returns the JWT secret of a data folder. The secret is generated once and kept in a file, so that tokens stay
 * valid after a restart. Only the owner can read the file.
 */
export async function localSecret(dataFolder: string): Promise<string> {
  const file = join(dataFolder, 'jwt-secret-key');
  return (await kept(file)) || make(file);
}

async function kept(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function make(file: string): Promise<string> {
  const secret = generateSecret();
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, `${secret}\n`, { mode: 0o600 });
  await rename(unfinished, file);
  return secret;
}
