import { fstatSync, write } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A file descriptor that can be written without blocking the main thread. */
export interface Descriptor {
  /** Writes all bytes unless a system error stops the write. Retries while the reader is slow. */
  write(bytes: Buffer): Promise<WriteResult>;
  /** Returns true while a system call is pending. `process.exit` would wait for this call, possibly forever. */
  isWriting(): boolean;
  /** Resolves when the pending system call returns, or at once if no call is pending. */
  returned(): Promise<unknown>;
}

export interface WriteResult {
  /** Number of bytes that were written. */
  readonly written: number;
  /** Code of the system error that stopped the write, such as `ENOSPC`. */
  readonly code?: string;
}

/** Codes after which a write is retried, e.g. because a pipe is full or a signal arrived. */
const RETRIED: ReadonlySet<unknown> = new Set(['EAGAIN', 'EINTR', 'EBUSY']);
/** Milliseconds before the first retry. Doubled for each further retry, up to MAX_DELAY. */
const MIN_DELAY = 5;
const MAX_DELAY = 100;

/** Opens standard output (1) or standard error (2): a file, a pipe or a terminal. */
export function openDescriptor(fd: 1 | 2): Descriptor {
  avoidBlocking(fd);
  let isWriting = false;
  let pending: Promise<unknown> = Promise.resolve();

  function writeOnce(bytes: Buffer): Promise<WriteResult> {
    isWriting = true;
    const result = new Promise<WriteResult>((resolve) => {
      write(fd, bytes, 0, bytes.length, null, (error, written) => {
        isWriting = false;
        resolve(error === null ? { written } : { written: 0, code: error.code ?? error.name });
      });
    });
    pending = result;
    return result;
  }

  async function writeAll(bytes: Buffer): Promise<WriteResult> {
    let total = 0;
    while (total < bytes.length) {
      const { written, code } = await withRetries(() => writeOnce(bytes.subarray(total)));
      total += written;
      if (code !== undefined) return { written: total, code };
    }
    return { written: total };
  }

  return { write: writeAll, isWriting: () => isWriting, returned: () => pending };
}

/** Repeats a write with increasing delays while it fails with a code in RETRIED. */
async function withRetries(write: () => Promise<WriteResult>): Promise<WriteResult> {
  for (let pause = MIN_DELAY; ; pause = Math.min(pause * 2, MAX_DELAY)) {
    const result = await write();
    if (!RETRIED.has(result.code)) return result;
    await delay(pause, undefined, { ref: false });
  }
}

/**
 * Makes writes to a full pipe or socket fail with EAGAIN, so that they block no thread. Accesses the stream, because
 * Node then makes the descriptor non-blocking until the process ends.
 */
function avoidBlocking(fd: 1 | 2): void {
  try {
    const stats = fstatSync(fd);
    if (!stats.isFIFO() && !stats.isSocket()) return;
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on('error', () => undefined);
  } catch {
    // The descriptor is closed. The first write returns the error.
  }
}
