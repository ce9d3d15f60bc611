import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';

export interface WatchedPrimary {
  /** Counts up whenever the driver takes another server for the primary, or the same one anew. */
  changes(): number;
  stop(): void;
}

/**
 * Watches whom the driver sends to. It tells of a change in the same turn in which it takes effect, so all
 * that was sent and answered between two equal counts went to one server, elected once.
 */
export function watchPrimary(client: MongoClient): WatchedPrimary {
  let known: string | undefined;
  let changes = 0;
  const notice = ({ newDescription }: TopologyDescriptionChangedEvent) => {
    const now = identityOf(newDescription);
    if (now === known) return;
    known = now;
    changes++;
  };
  client.on('topologyDescriptionChanged', notice);
  return {
    changes: () => changes,
    stop: () => void client.off('topologyDescriptionChanged', notice),
  };
}

/** The server that takes writes: its address, its process, its election, and the configuration it goes by. */
function identityOf({ servers }: TopologyDescription): string {
  return [...servers.values()]
    .filter(({ isWritable }) => isWritable)
    .map(({ address, topologyVersion, electionId, setVersion }) =>
      [address, topologyVersion?.processId, electionId, setVersion].join(' '),
    )
    .join(', ');
}
