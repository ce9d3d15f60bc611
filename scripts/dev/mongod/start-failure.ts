import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

// exit codes of mongod
const portTaken = 48;
const dataFolderInUse = 100;

/** Thrown if another mongod uses the data folder. */
export class DataFolderInUse extends Error {
  override name = 'DataFolderInUse' as const;
}

/** Thrown if another program listens on the port. */
export class PortTaken extends Error {
  override name = 'PortTaken' as const;
}

/** Creates the error of a mongod that did not start. `what` contains the reason and the log. */
export async function startFailure(
  { binary, dataFolder }: { binary: string; dataFolder: string },
  child: ChildProcess,
  what: string,
  cause: unknown,
): Promise<Error> {
  if (child.pid === undefined) {
    return new Error(`${binary} cannot be run: ${(cause as Error).message}`, { cause });
  }
  if (child.exitCode === dataFolderInUse) return inUse(dataFolder, what);
  const message = `${binary} did not start on ${dataFolder} ${what}`;
  return child.exitCode === portTaken
    ? new PortTaken(message, { cause })
    : new Error(message, { cause });
}

async function inUse(dataFolder: string, what: string): Promise<Error> {
  const pid = (await readFile(join(dataFolder, 'mongod.lock'), 'utf8').catch(() => '')).trim();
  if (!/^\d+$/.test(pid)) return new Error(`${dataFolder} cannot be locked ${what}`);
  return new DataFolderInUse(
    `${dataFolder} is in use by another mongod (pid ${pid}). Stop it with: kill ${pid}`,
  );
}
