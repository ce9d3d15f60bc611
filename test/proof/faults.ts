import { clockSkew } from './clock-fault.ts';
import type { Fault } from './fault.ts';
import { killMongod, killServer } from './one-node-faults.ts';

/** Every fault there is; the longest first, so that lanes end together. */
export const faults: readonly Fault[] = [killMongod, killServer, clockSkew];
