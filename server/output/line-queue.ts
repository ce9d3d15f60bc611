/** A bounded queue of lines, first in, first out. */
export interface LineQueue {
  /** Adds a line, or returns false if the queue is full. */
  add(line: string): boolean;
  /** Removes and returns the oldest lines as one text, or undefined if the queue is empty. */
  take(): string | undefined;
}

/** Number of characters up to which lines are joined into one text, so that one write sends many lines. */
const CHUNK = 64 * 1024;

/** Creates an empty queue for at most `maxLength` characters. */
export function createLineQueue(maxLength: number): LineQueue {
  const chunks: string[] = [];
  let length = 0;
  return {
    add(line) {
      if (length + line.length > maxLength) return false;
      const last = chunks.at(-1);
      if (last === undefined || last.length + line.length > CHUNK) chunks.push(line);
      else chunks[chunks.length - 1] = last + line;
      length += line.length;
      return true;
    },
    take() {
      const text = chunks.shift();
      length -= text?.length ?? 0;
      return text;
    },
  };
}
