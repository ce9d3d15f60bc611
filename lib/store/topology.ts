import type { Db } from 'mongodb';
import { orUnavailable } from './database.ts';

/** What this kind of deployment cannot promise, as a sentence for the log; undefined where nothing is lost. */
export async function standaloneWarning(db: Db): Promise<string | undefined> {
  const hello = await orUnavailable(db.command({ hello: 1 }));
  if (hello['setName'] !== undefined || hello['msg'] === 'isdbgrid') return undefined;
  return (
    'MongoDB runs standalone: there is no failover, and a revocation is only as safe as one disk. ' +
    'Run it as a replica set, if only of one node'
  );
}
