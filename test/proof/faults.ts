import { clockSkew } from './clock-fault.ts';
import type { Fault } from './fault.ts';
import { oneNodeFaults } from './one-node-faults.ts';
import { setFaults } from './set-faults.ts';

/** Every fault there is. */
export const faults: readonly Fault[] = [...oneNodeFaults, ...setFaults, clockSkew];
