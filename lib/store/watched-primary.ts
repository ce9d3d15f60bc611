import type { MongoClient, ServerDescription } from 'mongodb';
import { onTopologyChange } from './topology-changes.ts';

export interface WatchedPrimary {
  /** Counts up whenever the driver takes another server for the primary, or the same one anew. */
  changes(): number;
  /** Its host and port; of all where several take writes; undefined where none does, or none was told yet. */
  address(): string | undefined;
  stop(): void;
}

/**
 * Watches whom the driver sends to. It tells of a change in the same turn in which it takes effect, so all
 * that was sent and answered between two equal counts went to one server, elected once.
 */
export function watchPrimary(client: MongoClient): WatchedPrimary {
  let primaries: readonly ServerDescription[] | undefined; // of a client that is connected already: not told
  let changes = 0;
  const stop = onTopologyChange(client, ({ servers }) => {
    const now = [...servers.values()].filter(({ isWritable }) => isWritable);
    if (primaries === undefined || identityOf(now) !== identityOf(primaries)) changes++;
    primaries = now;
  });
  return {
    changes: () => changes,
    address: () => primaries?.map(({ address }) => address).join(', ') || undefined,
    stop,
  };
}

/** Their addresses, processes, elections, and the configuration they go by. */
function identityOf(primaries: readonly ServerDescription[]): string {
  return primaries
    .map(({ address, topologyVersion, electionId, setVersion }) =>
      [address, topologyVersion?.processId, electionId, setVersion].join(' '),
    )
    .join(', ');
}
