import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const KEPT_LINES = 200;

/** The log of a mongod: some lines of plain text, then one JSON object per line. */
export interface MongodLog {
  /** Resolves when the mongod listens. Rejects if the mongod ends first. */
  listening(): Promise<void>;
  /** Waits until the mongod has ended. Returns the last logged errors, or the last lines if no error was logged. */
  tail(): Promise<string>;
}

/** Reads the log of a mongod that has just been spawned. */
export function readLog(child: ChildProcess): MongodLog {
  const lines: string[] = [];
  // Waits for "close", because at "exit" the last lines may still be in the pipe.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const listening = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        if (line.includes('"msg":"Waiting for connections"')) resolve();
      });
    }
  });
  const hasEnded = closed.then(() => Promise.reject(new Error('it has ended')));
  hasEnded.catch(() => undefined);
  return {
    listening: () => Promise.race([listening, hasEnded]),
    async tail() {
      await closed;
      const errors = lines.filter((line) => /"s":"[EF]"/.test(line));
      return (errors.length > 0 ? errors : lines).slice(-5).map(describe).join('\n');
    },
  };
}

function describe(line: string): string {
  try {
    const { msg, attr } = JSON.parse(line) as { msg: string; attr?: { error?: unknown } };
    const detail = attr?.error ?? attr;
    if (detail === undefined) return msg;
    return `${msg}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`;
  } catch {
    return line;
  }
}
