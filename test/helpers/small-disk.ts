import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubprocessError } from 'nano-spawn';
import { run } from '../../scripts/dev/processes.ts';
import type { Scope } from './scope.ts';

/** Room for a migrated database and minutes of traffic; full in a fraction of a second. */
const MEGABYTES = 128;

export type SmallDisk = Extract<Awaited<ReturnType<typeof smallDisk>>, { folder: string }>;

/**
 * Mounts a file system that can be full: a tmpfs, which needs the right to mount (root). It is unmounted
 * with its scope, or with this process. Returns the reason where none can be mounted here.
 */
export async function smallDisk(scope: Scope) {
  const folder = await mkdtemp(join(tmpdir(), 'rescind-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', folder]);
  } catch (error) {
    await rmdir(folder);
    const { output, message } = error as SubprocessError;
    return { reason: `a small tmpfs cannot be mounted: ${output || message}` };
  }
  // Lazily: a mongod that was killed a moment ago may still hold a file.
  const unmount = () => execFileSync('umount', ['--lazy', folder]);
  process.once('exit', unmount);
  scope.teardown(async () => {
    process.off('exit', unmount);
    unmount();
    await rmdir(folder);
  });
  const filler = join(folder, 'filler');
  return {
    folder,
    /**
     * Arguments of a mongod that lives here: journal files of 100 KB. By default it lays out three of 100 MB,
     * and would go on writing into them for a while on a full disk.
     */
    mongodArgs: ['--wiredTigerEngineConfigString', 'log=(file_max=100KB)'],
    /** Leaves no byte of it free: a tmpfs takes as much of a write as has room. */
    async fill(): Promise<void> {
      const tooMuch = Buffer.alloc((MEGABYTES + 1) * 1024 * 1024);
      await writeFile(filler, tooMuch).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
      });
    },
    /** Gives back what `fill` took. */
    free: () => rm(filler, { force: true }),
  };
}
