import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Creates a temporary folder that is removed when this process exits, unless a SIGKILL ends the process. An `exit`
 * listener removes the folder, because a second Ctrl-C skips the cleanups of cleanups.ts.
 */
export async function ownFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  process.once('exit', () => {
    try {
      // Retries, because a mongod that was just killed may still write into the folder for a second.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    } catch (error) {
      process.stderr.write(`${folder} could not be removed: ${(error as Error).message}\n`);
    }
  });
  return folder;
}
