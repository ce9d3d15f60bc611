import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { emptyFolder, start } from '../helpers/processes.ts';

/** A copy of the tree as someone else would get it, and a home folder with nothing in it. */
export type Copy = ReturnType<typeof copyTree>;

/** Copies all that git would: what is tracked, and what is new and not ignored. */
export function copyTree(t: ExecutionContext) {
  const folder = emptyFolder(t);
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(name))) {
    cpSync(file, join(folder, file));
  }
  const home = { HOME: emptyFolder(t), ...environment() };

  /** Starts a line of bash in it, as a job of a terminal. */
  function startLine(line: string, env: Record<string, string> = {}, input = '') {
    const options = { cwd: folder, env: { ...home, ...env }, input, group: true };
    return start(t, 'bash', ['-euo', 'pipefail', '-c', line], options);
  }

  /** Runs a line of bash in it, as one types it, to its end. */
  const run = (...args: Parameters<typeof startLine>) => startLine(...args).finished;
  return { folder, start: startLine, run };
}

/** Returns the environment of the machine, without that of this project, its npm or its owner. */
function environment(): Record<string, string> {
  const own =
    /^(HOME$|XDG_|npm_|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|(TEST_)?MONGODB_|JWT_|HOST$|PORT$|AVA_)/i;
  const entries = Object.entries(process.env)
    .filter(([name]) => !own.test(name))
    .map(([name, value]): [string, string] => [name, value ?? '']);
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const PATH = folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
  return { ...Object.fromEntries(entries), PATH };
}
