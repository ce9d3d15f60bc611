import { Int32 } from 'mongodb';
import type { Fault } from '../../helpers/proxy/command-proxy.ts';

/** MongoDB refuses the command with this code, and with these labels. */
function refused(code: number, codeName: string, ...errorLabels: string[]): Fault {
  const answer = { ok: 0, code: new Int32(code), codeName, errmsg: codeName, errorLabels };
  return { isDone: false, answer: () => answer };
}

/** It was done, on the primary; whether a majority has it is not known. */
function unacknowledged(code: number, codeName: string, ...errorLabels: string[]): Fault {
  const writeConcernError = { code: new Int32(code), codeName, errmsg: codeName };
  return { isDone: true, answer: (own) => ({ ...own, writeConcernError, errorLabels }) };
}

/** The driver repeats once what it may repeat: these have to come twice to be noticed. */
function twice(fault: Fault): Fault {
  return { ...fault, times: 2 };
}

const cutBefore: Fault = { isDone: false, answer: () => 'cut' };
const cutAfter: Fault = { isDone: true, answer: () => 'cut' };
const cutInside: Fault = { isDone: true, answer: () => 'half' };

const RETRYABLE = 'RetryableWriteError';

/** Failures of a command, by name. */
export const FAULTS = {
  'an error of the server (8000)': refused(8000, 'AtlasError'),
  'no right to do it (13)': refused(13, 'Unauthorized'),
  'credentials refused (18)': refused(18, 'AuthenticationFailed'),
  'a command that ran out of time (50)': refused(50, 'MaxTimeMSExpired'),
  'a conflict of writes (112)': refused(112, 'WriteConflict'),
  'a duplicate key (11000)': refused(11000, 'DuplicateKey'),
  'a cursor that is gone (43)': refused(43, 'CursorNotFound'),
  'a full disk (14031)': refused(14031, 'OutOfDiskSpace'),
  'an interrupted command (11601)': refused(11601, 'Interrupted'),
  'a primary that has stepped down (10107)': refused(10107, 'NotWritablePrimary', RETRYABLE),
  'a primary that steps down, twice (11602)': twice(
    refused(11602, 'InterruptedDueToReplStateChange', RETRYABLE),
  ),
  'a shutdown, twice (91)': twice(refused(91, 'ShutdownInProgress', RETRYABLE)),
  'a majority that was not waited for (64)': unacknowledged(64, 'WriteConcernFailed'),
  'a majority that cannot be had (100)': unacknowledged(100, 'UnsatisfiableWriteConcern'),
  'a step-down before the majority, twice (91)': twice(
    unacknowledged(91, 'ShutdownInProgress', RETRYABLE),
  ),
  'a connection cut before': cutBefore,
  'a connection cut before, twice': twice(cutBefore),
  'a connection cut after': cutAfter,
  'a connection cut after, twice': twice(cutAfter),
  'a connection cut in its answer, twice': twice(cutInside),
  'no answer': { isDone: false, answer: () => 'silence' },
  'no answer to what is done': { isDone: true, answer: () => 'silence' },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

/** Those which keep a request waiting until its deadline. */
export const SILENT: ReadonlySet<FaultName> = new Set(['no answer', 'no answer to what is done']);
