import { execFileSync } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubprocessError } from 'nano-spawn';
import { run } from '../../scripts/dev/processes.ts';
import type { Scope } from './scope.ts';

/** Room for a migrated database and minutes of traffic; full in a tenth of a second. */
const MEGABYTES = 128;
/** The largest first: each leaves less than itself free, so the smallest leaves nothing. */
const BLOCKS = [1024 * 1024, 4096];

export interface SmallDisk {
  readonly folder: string;
  /**
   * Arguments of a mongod that lives here: journal files of 100 KB. By default it lays out three of 100 MB,
   * and would go on writing into them for a while on a full disk.
   */
  readonly mongodArgs: readonly string[];
  /** Leaves no byte of it free. */
  fill(): Promise<void>;
  /** Gives back what `fill` took. */
  free(): Promise<void>;
}

/** The reason why no such disk can be mounted here. */
export interface NoDisk {
  readonly reason: string;
}

/**
 * Mounts a file system that can be full: a tmpfs, which needs the right to mount (root). It is unmounted
 * with its scope, or with this process.
 */
export async function smallDisk(scope: Scope): Promise<SmallDisk | NoDisk> {
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
    mongodArgs: ['--wiredTigerEngineConfigString', 'log=(file_max=100KB)'],
    fill: () => fill(filler),
    free: () => rm(filler, { force: true }),
  };
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const size of BLOCKS) await writeUntilFull(file, size);
  } finally {
    await file.close();
  }
}

async function writeUntilFull(file: FileHandle, size: number): Promise<void> {
  const block = Buffer.alloc(size);
  try {
    for (;;) await file.write(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
