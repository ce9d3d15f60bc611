import type { ChildProcess } from 'node:child_process';

const KEPT = 4_096;

/** Keeps the end of what a child writes to stderr, for the message when it ends too soon. */
export function keepStderrTail({ stderr }: ChildProcess): () => string {
  let tail = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-KEPT);
  });
  return () => tail;
}
