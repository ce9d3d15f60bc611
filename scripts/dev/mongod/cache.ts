import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

const stagingPrefix = '.fetching-';
const abandonedAfter = 60 * 60 * 1000;

/**
 * Returns the folders that may contain a fetched mongod: first the user's cache, then node_modules/.cache of the
 * current folder. The second folder is used if the home folder is missing or read-only.
 */
export function cacheFolders(env: NodeJS.ProcessEnv): string[] {
  const caches = join(process.cwd(), 'node_modules', '.cache');
  return [userCache(env), caches].filter(isAbsolute).map((folder) => join(folder, 'rescind'));
}

function userCache(env: NodeJS.ProcessEnv): string {
  const given = env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(given)) return given;
  const home = env['HOME'] || userHome();
  return home && join(home, '.cache');
}

function userHome(): string {
  try {
    return homedir();
  } catch {
    // The user has no entry in /etc/passwd, as is possible in a container.
    return '';
  }
}

/**
 * Creates a staging folder in the first cache folder that can be written, passes it to `work`, and
 * removes it afterwards. Files enter the cache only by `publish`, so that concurrent or killed fetches
 * never leave a half-written file in the cache.
 *
 * @throws Error with one reason per folder, if no folder can be written.
 */
export async function inStagingFolder<T>(
  env: NodeJS.ProcessEnv,
  work: (staging: string, cache: string) => Promise<T>,
): Promise<T> {
  const { staging, cache } = await makeStagingFolder(cacheFolders(env));
  try {
    return await work(staging, cache);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function makeStagingFolder(folders: string[]): Promise<{ staging: string; cache: string }> {
  const reasons: string[] = [];
  for (const cache of folders) {
    try {
      await mkdir(cache, { recursive: true, mode: 0o700 });
      const staging = await mkdtemp(join(cache, stagingPrefix));
      await removeAbandoned(cache);
      return { staging, cache };
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(`no cache folder can be written: ${reasons.join('; ')}`);
}

/**
 * Removes the staging folders of killed fetches. Keeps those younger than an hour, because their fetch may still run.
 */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(stagingPrefix)) continue;
    const folder = join(cache, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - abandonedAfter) await rm(folder, { recursive: true, force: true });
  }
}

/** Moves a finished file to `place` in one step. Replaces an older file. */
export async function publish(staged: string, place: string): Promise<string> {
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  await rename(staged, place);
  return place;
}
