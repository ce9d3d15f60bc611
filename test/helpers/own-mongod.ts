import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '../../scripts/mongod/find.ts';
import { type Mongod, startMongod, withDatabase } from '../../scripts/mongod/start.ts';
import { silentReport } from '../../scripts/progress.ts';
import type { Owner } from './owner.ts';

export interface OwnMongod {
  /** With the database `rescind` in its path. */
  readonly uri: string;
  /** Where its data is, for as long as the test runs. */
  readonly dataFolder: string;
  /** Stops answering without closing a connection, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

/** A mongod of the test's own, to do harm to. It ends with the test. */
export async function ownMongod(t: Owner): Promise<OwnMongod> {
  const binary = await findMongod(process.env, silentReport);
  const dataFolder = await mkdtemp(join(tmpdir(), 'rescind-test-'));
  let mongod: Mongod = await startMongod({ binary, dataFolder, args: ['--oplogSize', '64'] });
  t.teardown(async () => {
    await mongod.kill();
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    uri: withDatabase(mongod.uri, 'rescind'),
    dataFolder,
    freeze: () => process.kill(mongod.pid, 'SIGSTOP'),
    thaw: () => process.kill(mongod.pid, 'SIGCONT'),
    kill: () => mongod.kill(),
    async restart() {
      const { port } = mongod;
      mongod = await startMongod({ binary, dataFolder, port, args: ['--oplogSize', '64'] });
    },
  };
}
