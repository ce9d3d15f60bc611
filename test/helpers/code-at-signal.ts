import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from './processes.ts';
import type { Scope } from './scope.ts';

/** Uncaught faults of a program, each with the code that causes it. */
export const UNCAUGHT = {
  'an error': "throw new Error('a fault of the program');",
  'a rejection': "Promise.reject(new Error('a fault of the program'));",
  'a rejection with no error': "Promise.reject('a fault of the program');",
  'an error each millisecond':
    "setInterval(() => { throw new Error('a fault of the program'); }, 1);",
} as const;

/** Returns the environment in which a Node program runs this code when it is sent SIGUSR2. */
export function codeAtSignal(t: Scope, code: string): Record<string, string> {
  const file = join(emptyFolder(t), 'fault.mjs');
  writeFileSync(file, `process.on('SIGUSR2', () => { ${code} });\n`);
  return { NODE_OPTIONS: `--import=${file}` };
}
