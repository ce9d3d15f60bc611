import type { Fault } from '../../helpers/failpoint.ts';

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
