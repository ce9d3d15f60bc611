import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import type { Descriptor } from './descriptor.ts';
import { createDrops, type DropsOptions } from './drops.ts';
import { createLineQueue } from './line-queue.ts';

/** Lines for a descriptor that may be full, closed, or read by nobody. */
export interface Output {
  /** Takes a line with its line end; never throws and never blocks. A line that cannot be written is dropped and counted. */
  write(line: string): void;
  /** Resolves when nothing waits or nothing can be written; after `timeout` milliseconds in any case. */
  flush(timeout: number): Promise<void>;
}

export interface OutputOptions extends DropsOptions {
  /** The most characters that wait for a slow reader; lines beyond it are dropped. Default 16 Mi. */
  readonly mostWaiting?: number;
}

const MOST_WAITING = 16 * 1024 * 1024;
/** Until a descriptor that failed is tried again, in milliseconds. */
const TRIED_AGAIN = SECOND;
/** The code where nothing has failed, but nobody reads. */
const UNREAD = 'EAGAIN';

/** Creates an output that makes one asynchronous write at a time. Memory is bounded by what may wait. */
export function createOutput(
  descriptor: Pick<Descriptor, 'write'>,
  options: OutputOptions,
): Output {
  const queue = createLineQueue(options.mostWaiting ?? MOST_WAITING);
  const drops = createDrops(options);
  let isBroken = false;
  let hasOpenLine = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    for (;;) {
      const lines = queue.take();
      const text = lines ?? drops.take();
      if (text === undefined) break;
      const code = await send(text, lines !== undefined);
      isBroken = code !== undefined;
      if (isBroken) await delay(TRIED_AGAIN, undefined, { ref: false });
    }
    running = undefined;
  }

  async function send(text: string, isCounted: boolean): Promise<string | undefined> {
    const bytes = Buffer.from(hasOpenLine ? `\n${text}` : text); // a full disk took half of a line
    const { written, code } = await descriptor.write(bytes);
    if (written > 0) hasOpenLine = bytes[written - 1] !== LINE_END;
    drops.settle(code === undefined);
    if (code !== undefined) drop(isCounted ? countLines(bytes.subarray(written)) : 0, code);
    return code;
  }

  /** Drops all that waits as well: it would have to wait for nobody knows how long. */
  function drop(lines: number, code: string): void {
    drops.add(lines, code);
    for (let text = queue.take(); text !== undefined; text = queue.take()) {
      drops.add(countLines(Buffer.from(text)), code);
    }
  }

  return {
    write(line) {
      if (isBroken || !queue.add(line)) drops.add(1, UNREAD);
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
