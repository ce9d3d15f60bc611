import { setTimeout as delay, setImmediate as endOfTurn } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import type { Descriptor } from './descriptor.ts';
import { createDrops, type DropsOptions } from './drops.ts';
import { createLineQueue } from './line-queue.ts';

/** Writes lines to a descriptor that may be full, closed, or without a reader. */
export interface Output {
  /** Queues a line with its line end. Never throws or blocks. Lines that cannot be written are dropped and counted. */
  write(line: string): void;
  /** Resolves when the queue is empty, when the descriptor fails, or after `timeout` milliseconds. */
  flush(timeout: number): Promise<void>;
}

export interface OutputOptions extends DropsOptions {
  /** Maximum characters that are queued for a slow reader. Further lines are dropped. Default 16 Mi. */
  readonly maxQueued?: number;
}

const MAX_QUEUED = 16 * 1024 * 1024;
/** Milliseconds between a failed write and the next write. */
const RETRY_DELAY = SECOND;
/** Code that is reported if lines are dropped because a slow reader has let the queue become full. */
const QUEUE_FULL = 'EAGAIN';

/** Creates an output that runs one asynchronous write at a time. */
export function createOutput(
  descriptor: Pick<Descriptor, 'write'>,
  options: OutputOptions,
): Output {
  const queue = createLineQueue(options.maxQueued ?? MAX_QUEUED);
  const drops = createDrops(options);
  let isBroken = false;
  let hasOpenLine = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    await endOfTurn(); // so that one write sends the lines of all requests that were served in this turn
    for (;;) {
      const lines = queue.take();
      const text = lines ?? drops.take();
      if (text === undefined) break;
      const code = await send(text, lines !== undefined);
      isBroken = code !== undefined;
      if (isBroken) await delay(RETRY_DELAY, undefined, { ref: false });
    }
    running = undefined;
  }

  async function send(text: string, isCounted: boolean): Promise<string | undefined> {
    const bytes = Buffer.from(hasOpenLine ? `\n${text}` : text); // ends a line that was cut, e.g. by a full disk
    const { written, code } = await descriptor.write(bytes);
    if (written > 0) hasOpenLine = bytes[written - 1] !== LINE_END;
    drops.settle(code === undefined);
    if (code !== undefined) drop(isCounted ? countLines(bytes.subarray(written)) : 0, code);
    return code;
  }

  /** Drops the lines of a failed write, and all queued lines, because the descriptor may never recover. */
  function drop(lines: number, code: string): void {
    drops.add(lines, code);
    for (let text = queue.take(); text !== undefined; text = queue.take()) {
      drops.add(countLines(Buffer.from(text)), code);
    }
  }

  return {
    write(line) {
      if (isBroken || !queue.add(line)) drops.add(1, QUEUE_FULL);
      running ??= run();
    },
    async flush(timeout) {
      if (!isBroken) await Promise.race([running, delay(timeout)]);
    },
  };
}

const LINE_END = 0x0a;

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines += 1;
  return lines;
}
