import type { MongoClient, TopologyDescription } from 'mongodb';
import { onTopologyChange } from './topology-changes.ts';

/**
 * Watches the driver's primary. The driver emits a change in the same turn in which the change takes effect. So if
 * `changes` is equal before and after some commands, all of them went to one primary, with no election in between.
 */
export function watchPrimary(client: MongoClient) {
  let identity: string | undefined; // unknown until the first event
  const primary = {
    /** A count that rises with each new primary. A restart, election or reconfiguration makes a primary new. */
    changes: 0,
  };
  const stop = onTopologyChange(client, (description) => {
    const now = toIdentity(description);
    if (now !== identity) primary.changes++;
    identity = now;
  });
  return Object.assign(primary, { stop });
}

/** Returns the addresses, processes, elections and configuration versions of the primaries, or of all mongos, as text. */
function toIdentity({ servers }: TopologyDescription): string {
  return [...servers.values()]
    .filter(({ isWritable }) => isWritable)
    .map(({ address, topologyVersion, electionId, setVersion }) =>
      [address, topologyVersion?.processId, electionId, setVersion].join(' '),
    )
    .join(', ');
}
