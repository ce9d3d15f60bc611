/** Harm to a server from within: its wall clock is set, or its event loop is blocked. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '../../helpers/processes.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Environment, OwnServer } from '../deployment.ts';

export interface Harm {
  /** Milliseconds by which the wall clock is ahead. The monotonic clock stays right. */
  readonly clockOffset: number;
  /** Milliseconds for which the event loop is blocked once. */
  readonly blockFor: number;
}

const NO_HARM: Harm = { clockOffset: 0, blockFor: 0 };

/** Prepares the environment of a server, and the harm that can be done to it from then on. */
export function prepareHarm(scope: Scope) {
  const file = join(emptyFolder(scope), 'harm.json');
  const write = (harm: Partial<Harm>) =>
    writeFileSync(file, JSON.stringify({ ...NO_HARM, ...harm }));
  write(NO_HARM);
  const module = new URL('harmed-process.js', import.meta.url).href;
  const environment: Environment = { HARM_FILE: file, NODE_OPTIONS: `--import=${module}` };
  return {
    environment,
    /** Does it as soon as the event loop of the server turns. What is left out is put right. */
    harm({ pid }: Pick<OwnServer, 'pid'>, harm: Partial<Harm>): void {
      write(harm);
      process.kill(pid, 'SIGUSR2');
    },
  };
}
