import type { MongoClient, ServerDescription } from 'mongodb';
import { onTopologyChange } from '../mongo/topology-changes.ts';

/**
 * Watches the driver's primary. The driver emits a change in the same turn in which the change takes effect. So if
 * `changes` is equal before and after some commands, all of them went to one primary, with no election in between.
 */
export function watchPrimary(client: MongoClient) {
  let primaries: readonly ServerDescription[] | undefined; // unknown until the first event
  const primary = {
    /** A count that rises with each new primary. A restart, election or reconfiguration makes a primary new. */
    changes: 0,
    /** Returns host and port of the primary, or of all mongos; undefined if none is known. */
    address: (): string | undefined =>
      primaries?.map(({ address }) => address).join(', ') || undefined,
  };
  const stop = onTopologyChange(client, ({ servers }) => {
    const now = [...servers.values()].filter(({ isWritable }) => isWritable);
    if (primaries === undefined || toIdentity(now) !== toIdentity(primaries)) primary.changes++;
    primaries = now;
  });
  return Object.assign(primary, { stop });
}

/** Returns the addresses, processes, elections and configuration versions of the primaries as text. */
function toIdentity(primaries: readonly ServerDescription[]): string {
  return primaries
    .map(({ address, topologyVersion, electionId, setVersion }) =>
      [address, topologyVersion?.processId, electionId, setVersion].join(' '),
    )
    .join(', ');
}
