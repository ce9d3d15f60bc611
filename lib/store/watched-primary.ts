import type { MongoClient, ServerDescription, TopologyDescriptionChangedEvent } from 'mongodb';

export interface WatchedPrimary {
  /** Counts up whenever the driver takes another server for the primary, or the same one anew. */
  changes(): number;
  /** Its host and port; of all where several take writes; undefined where none does, or none was told yet. */
  address(): string | undefined;
  stop(): void;
}

interface Watch {
  changes: number;
  /** Undefined of a client that is connected already: it does not tell. */
  primaries: readonly ServerDescription[] | undefined;
  users: number;
  end(): void;
}

/** One listener for each client, however many share it. */
const watches = new WeakMap<MongoClient, Watch>();

/**
 * Watches whom the driver sends to. It tells of a change in the same turn in which it takes effect, so all
 * that was sent and answered between two equal counts went to one server, elected once.
 */
export function watchPrimary(client: MongoClient): WatchedPrimary {
  const watch = watches.get(client) ?? startWatch(client);
  watch.users++;
  let isStopped = false;
  return {
    changes: () => watch.changes,
    address: () => watch.primaries?.map(({ address }) => address).join(', ') || undefined,
    stop() {
      if (isStopped) return;
      isStopped = true;
      watch.users--;
      if (watch.users === 0) watch.end();
    },
  };
}

function startWatch(client: MongoClient): Watch {
  const notice = ({ newDescription }: TopologyDescriptionChangedEvent) => {
    const now = [...newDescription.servers.values()].filter(({ isWritable }) => isWritable);
    const { primaries } = watch;
    if (primaries === undefined || identityOf(now) !== identityOf(primaries)) watch.changes++;
    watch.primaries = now;
  };
  const end = () => {
    client.off('topologyDescriptionChanged', notice);
    watches.delete(client);
  };
  const watch: Watch = { changes: 0, primaries: undefined, users: 0, end };
  watches.set(client, watch);
  client.on('topologyDescriptionChanged', notice);
  return watch;
}

/** Their addresses, processes, elections, and the configuration they go by. */
function identityOf(primaries: readonly ServerDescription[]): string {
  return primaries
    .map(({ address, topologyVersion, electionId, setVersion }) =>
      [address, topologyVersion?.processId, electionId, setVersion].join(' '),
    )
    .join(', ');
}
