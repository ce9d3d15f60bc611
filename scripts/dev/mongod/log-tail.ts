import type { ChildProcess } from 'node:child_process';

const kept = 64 * 1024;

/**
 * Keeps the end of what a mongod writes.
 *
 * @returns a function that waits for its end and gives the errors it logged, else its last lines.
 */
export function keepLogTail(child: ChildProcess): () => Promise<string> {
  let tail = '';
  // Not "exit": what was written last may still be in the pipe then.
  const closed = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-kept);
    });
  }
  return async () => {
    await closed;
    return tellingLines(tail.trim().split('\n')).join('\n');
  };
}

function tellingLines(lines: string[]): string[] {
  const errors = lines.filter((line) => /"s":"[EF]"/.test(line));
  return (errors.length > 0 ? errors : lines).slice(-5).map(readable);
}

/** mongod logs one JSON object a line; what it says before it can log is plain text. */
function readable(line: string): string {
  try {
    const { msg, attr } = JSON.parse(line) as { msg: string; attr?: { error?: unknown } };
    const more = attr?.error ?? attr;
    return more === undefined ? msg : `${msg}: ${text(more)}`;
  } catch {
    return line;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
