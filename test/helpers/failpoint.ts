import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { openDatabase, testUri } from './database.ts';
import type { Scope } from './scope.ts';

/** A setting of MongoDB's failCommand, which makes commands fail. */
export interface Fault {
  readonly mode: { readonly times: number } | { readonly skip: number };
  readonly failCommands: readonly string[];
  readonly [detail: string]: unknown;
}

/** Connects as `connect` does, under a name that only this client has: its commands fail, while those of others go on. */
export function failingClient(t: Scope, uri: string) {
  const appName = `rescind-test-${randomUUID()}`;
  return {
    collections: openDatabase(t, uri, { appName }).collections,
    under: <T>(fault: Fault, work: () => Promise<T>) => underFault({ appName, ...fault }, work),
  };
}

const PARAMETER = 'failpoint.failCommand';

/** Runs `work` while the fault hits the clients and collections that it names (`appName`, `namespace`). */
export async function underFault<T>({ mode, ...data }: Fault, work: () => Promise<T>): Promise<T> {
  const operator = new MongoClient(testUri('admin'));
  const admin = operator.db();
  try {
    // A mongod has one failCommand for all: another test's is waited for, one left by a killed test is not.
    const timeout = 20_000;
    const getParameter = { getParameter: 1, [PARAMETER]: 1 };
    const isOff = async () => (await admin.command(getParameter))[PARAMETER].mode === 0;
    await waitFor('An unused failCommand', isOff, { timeout }).catch(() => undefined);
    await admin.command({ configureFailPoint: 'failCommand', mode, data });
    return await work();
  } finally {
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    // Until all writes, also those that were reported as failed, are in the journal.
    const writeConcern = { w: 'majority', j: true };
    await admin.command({ appendOplogNote: 1, data: {}, writeConcern });
    await operator.close();
  }
}

/** A write whose majority cannot be waited for: it happened, and was not acknowledged. */
export function tooSlow(failCommands: readonly string[]): Fault {
  const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
  return { mode: { times: 1 }, failCommands, writeConcernError };
}

/** Lists the ways in which one of these commands fails to be acknowledged. */
export function writeFaults(failCommands: readonly string[]): Readonly<Record<string, Fault>> {
  const once = { mode: { times: 1 }, failCommands } as const;
  // The driver tries some writes again by itself, so these have to fail twice.
  const twice = { mode: { times: 2 }, failCommands } as const;
  return {
    'a write concern that timed out (code 64)': tooSlow(failCommands),
    'a primary that stepped down meanwhile (code 11602)': {
      ...twice,
      errorCode: 11602,
      errorLabels: ['RetryableWriteError'],
    },
    'a network error': { ...twice, closeConnection: true },
    'an error of the server (code 8000)': { ...once, errorCode: 8000 },
  };
}
