import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A temporary folder that is removed when this process exits, in whatever way but a SIGKILL. At exit, and
 * not in a cleanup: a second Ctrl-C is to leave nothing behind either.
 */
export async function ownFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  process.once('exit', () => {
    try {
      // A mongod that was ended a moment ago may take a second to stop writing here.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    } catch (error) {
      process.stderr.write(`${folder} is left behind: ${(error as Error).message}\n`);
    }
  });
  return folder;
}
