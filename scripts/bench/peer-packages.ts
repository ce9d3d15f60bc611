import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SubprocessError } from 'nano-spawn';
import { run } from '../dev/processes.ts';
import type { Report } from '../dev/progress.ts';
import { peersFolder } from './server-process.ts';

/**
 * Installs the packages of the peers by `npm ci`, where that has not been done since their lock file
 * changed.
 *
 * @returns why they cannot be measured; undefined where they can.
 */
export async function installPeers(report: Report): Promise<string | undefined> {
  const folder = peersFolder();
  const installed = await changedAt(join(folder, 'node_modules', '.package-lock.json'));
  if (installed >= (await changedAt(join(folder, 'package-lock.json')))) return undefined;
  const args = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  const install = () => run('npm', args, { timeout: 10 * 60_000 });
  try {
    await report.step('Installing the peers (npm ci)', install);
    return undefined;
  } catch (error) {
    const { message, output } = error as SubprocessError;
    report.warn(`npm ci in ${folder} failed: ${message}\n${output}`);
    return 'its packages could not be installed: see npm ci in scripts/bench/peers';
  }
}

/** In milliseconds since 1970; -Infinity where there is no such file. */
async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.NEGATIVE_INFINITY,
  );
}
