import type {
  BesideLoginsRun,
  EndpointRun,
  LoginRun,
  MemoryReading,
  Run,
  StorageReading,
} from './results.ts';

/** What the steps have found so far. */
export interface Collected {
  readonly runs: Run[];
  readonly logins: LoginRun[];
  readonly besideLogins: BesideLoginsRun[];
  readonly endpoints: EndpointRun[];
  readonly memory: MemoryReading[];
  readonly storage: StorageReading[];
  /** Of the last minute, before each round. */
  readonly loadAverages: number[];
  /** Rows and experiments that failed, and how. */
  readonly failures: Map<string, string>;
  readonly warn: (text: string) => void;
}

/** @param warn - told of each failure when it happens. */
export function createCollected(warn: (text: string) => void): Collected {
  return {
    warn,
    runs: [],
    logins: [],
    besideLogins: [],
    endpoints: [],
    memory: [],
    storage: [],
    loadAverages: [],
    failures: new Map(),
  };
}

/**
 * Does something of a row or experiment that has not failed. Where it fails, nothing more of it is
 * measured and the others go on: a bench of most of an hour does not end for one of them.
 */
export async function unlessFailed(
  { failures, warn }: Collected,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  if (failures.has(id)) return;
  await work().catch((error: Error) => {
    failures.set(id, error.message);
    warn(`${id} failed: ${error.message}`);
  });
}
