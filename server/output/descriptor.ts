import { fstatSync, write } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A descriptor that bytes are written to without ever blocking the main thread. */
export interface Descriptor {
  /** Writes all of it, or as much as can be written. A reader that is late is waited for, a failure is not. */
  write(bytes: Buffer): Promise<WriteOutcome>;
  /** True while the system holds a write: `process.exit` would wait for it, maybe for ever. */
  isHeld(): boolean;
  /** Resolves when the system gives back the write that it holds now; at once where it holds none. */
  returned(): Promise<unknown>;
}

export interface WriteOutcome {
  /** The number of bytes that were written. */
  readonly written: number;
  /** The system's code for what kept the rest from being written, such as `ENOSPC`. */
  readonly code?: string;
}

/** The system asks for another attempt: a pipe is full, or a signal came. */
const TRY_AGAIN: ReadonlySet<unknown> = new Set(['EAGAIN', 'EINTR', 'EBUSY']);
/** Between attempts, in milliseconds: doubled from the first to the last. */
const SOONEST = 5;
const LATEST = 100;

/** Opens standard output (1) or standard error (2), whatever it is: a file, a pipe, a terminal. */
export function openDescriptor(fd: 1 | 2): Descriptor {
  avoidBlocking(fd);
  let isHeld = false;
  let attempted: Promise<unknown> = Promise.resolve();

  function attempt(bytes: Buffer): Promise<WriteOutcome> {
    isHeld = true;
    const outcome = new Promise<WriteOutcome>((resolve) => {
      write(fd, bytes, 0, bytes.length, null, (error, written) => {
        isHeld = false;
        resolve(error === null ? { written } : { written: 0, code: error.code ?? error.name });
      });
    });
    attempted = outcome;
    return outcome;
  }

  async function writeAll(bytes: Buffer): Promise<WriteOutcome> {
    let total = 0;
    while (total < bytes.length) {
      const { written, code } = await patiently(() => attempt(bytes.subarray(total)));
      total += written;
      if (code !== undefined) return { written: total, code };
    }
    return { written: total };
  }

  return { write: writeAll, isHeld: () => isHeld, returned: () => attempted };
}

/** Attempts a write until the system does not ask for another attempt. */
async function patiently(attempt: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
  for (let pause = SOONEST; ; pause = Math.min(pause * 2, LATEST)) {
    const outcome = await attempt();
    if (!TRY_AGAIN.has(outcome.code)) return outcome;
    await delay(pause, undefined, { ref: false });
  }
}

/**
 * Makes a pipe or socket refuse what does not fit (EAGAIN) in place of holding a thread until somebody
 * reads. Node does so when its own stream on it is made, and undoes it when the process ends.
 */
function avoidBlocking(fd: 1 | 2): void {
  try {
    const stats = fstatSync(fd);
    if (!stats.isFIFO() && !stats.isSocket()) return;
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on('error', () => undefined);
  } catch {
    // It cannot be asked or opened: the first write tells the same.
  }
}
