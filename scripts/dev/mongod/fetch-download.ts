import { link, mkdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SubprocessError } from 'nano-spawn';
import { run } from '../processes.ts';
import type { Detail, Report } from '../progress.ts';
import { inStagingFolder, publish } from './cache.ts';
import { mongodVersion } from './version.ts';

const limit = 60_000;

/** Returns the path of a downloaded mongod in a cache folder. */
export function downloadedBinary(cache: string): string {
  return join(cache, 'download', process.platform === 'win32' ? 'mongod.exe' : 'mongod');
}

/**
 * Downloads a mongod for this platform with mongodb-memory-server-core (70 MB or more). Runs the package in a child
 * process, which can be ended and whose console output is hidden. A retry continues an interrupted download.
 *
 * @returns the path of the mongod.
 * @throws Error with the reason, if the download fails or takes longer than 60 s.
 */
export async function fetchDownload(env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  return inStagingFolder(env, async (staging, cache) => {
    const folder = join(cache, 'mongodb-memory-server');
    await mkdir(folder, { recursive: true });
    const childEnv = await downloadEnv(env);
    const binary = await report.step('Downloading MongoDB from mongodb.org (once)', (detail) =>
      download(folder, childEnv, detail),
    );
    await mongodVersion(binary, env);
    // Links the file instead of moving it, because the next call of the package must find the file at its old path.
    const staged = join(staging, 'mongod');
    return link(binary, staged).then(
      () => publish(staged, downloadedBinary(cache)),
      () => binary, // without hard links, returns the package's file; the next call then runs the package again
    );
  });
}

async function download(folder: string, env: NodeJS.ProcessEnv, detail: Detail): Promise<string> {
  const script = new URL(`./download-child${extname(import.meta.url)}`, import.meta.url);
  const child = run(process.execPath, [fileURLToPath(script), folder], {
    env,
    signal: AbortSignal.timeout(limit),
  });
  let lastLine = '';
  try {
    for await (const line of child.stdout) {
      detail(/[\d.]+%/.exec(line)?.[0] ?? '');
      lastLine = line;
    }
    return lastLine;
  } catch (error) {
    const { isCanceled, stderr, message } = error as SubprocessError;
    const reason = stderr.split('\n').at(-1) || message;
    throw new Error(isCanceled ? tooSlow : reason, { cause: error });
  }
}

const tooSlow = `it took longer than ${limit / 1000} s. Run the same command again to continue the download`;

async function downloadEnv(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  return {
    // The package checks TLS certificates only if npm's strict-ssl is true in the environment.
    npm_config_strict_ssl: 'true',
    ...(await builtFor()),
    ...env,
  };
}

/** Selects the Ubuntu 22.04 build on Debian for arm64 (e.g. Docker on a Mac), because there is no Debian build. */
async function builtFor(): Promise<NodeJS.ProcessEnv> {
  if (process.platform !== 'linux' || process.arch !== 'arm64') return {};
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID="?debian"?$/m.test(release) ? { MONGOMS_DISTRO: 'ubuntu-22.04' } : {};
}
