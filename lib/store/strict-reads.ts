import type { Db } from 'mongodb';
import { type ProvenReads, strictLevel } from './primary-proof.ts';
import { inspectTopology, type Topology } from './topology.ts';

/** Reads strictly, without a proof of the primary: for commands, which come too rarely to keep one. */
export function createStrictReads(db: Db): ProvenReads {
  let asked: Promise<Topology> | undefined;

  return {
    async read(find) {
      asked ??= inspectTopology(db);
      return find(strictLevel(await asked));
    },
  };
}
