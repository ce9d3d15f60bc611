/** Lines in the order they came, up to a bound. */
export interface LineQueue {
  /** Returns false, and takes nothing, where the line does not fit any more. */
  add(line: string): boolean;
  /** Removes and returns the oldest lines, as one text; undefined when there are none. */
  take(): string | undefined;
}

/** Many lines are taken at once: a write for each would cost more. */
const CHUNK = 64 * 1024;

/** Creates an empty queue. `mostWaiting` is its bound in characters. */
export function createLineQueue(mostWaiting: number): LineQueue {
  const chunks: string[] = [];
  let length = 0;
  return {
    add(line) {
      if (length + line.length > mostWaiting) return false;
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
