import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';

type Callback = (description: TopologyDescription) => void;

interface Listener {
  readonly callbacks: Set<Callback>;
  end(): void;
}

/** One listener for each client, shared by all callbacks, because Node warns about more than ten listeners. */
const listeners = new WeakMap<MongoClient, Listener>();

/** Calls `callback` on each change of the driver's view of the deployment. Returns a function that ends the calls. */
export function onTopologyChange(client: MongoClient, callback: Callback): () => void {
  const listener = listeners.get(client) ?? createListener(client);
  listener.callbacks.add(callback);
  return () => {
    const wasThere = listener.callbacks.delete(callback);
    if (wasThere && listener.callbacks.size === 0) listener.end();
  };
}

function createListener(client: MongoClient): Listener {
  const callbacks = new Set<Callback>();
  const notify = ({ newDescription }: TopologyDescriptionChangedEvent) => {
    for (const callback of callbacks) callback(newDescription);
  };
  const end = () => {
    client.off('topologyDescriptionChanged', notify);
    listeners.delete(client);
  };
  const listener = { callbacks, end };
  listeners.set(client, listener);
  client.on('topologyDescriptionChanged', notify);
  return listener;
}
