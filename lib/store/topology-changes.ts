import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';

type Notice = (description: TopologyDescription) => void;

interface Audience {
  readonly notices: Set<Notice>;
  end(): void;
}

/** One listener for each client, however many share it: Node warns of more than ten. */
const audiences = new WeakMap<MongoClient, Audience>();

/** Calls back with each change of what the driver knows of the deployment. Returns a function that ends it. */
export function onTopologyChange(client: MongoClient, notice: Notice): () => void {
  const audience = audiences.get(client) ?? openAudience(client);
  audience.notices.add(notice);
  return () => {
    const wasThere = audience.notices.delete(notice);
    if (wasThere && audience.notices.size === 0) audience.end();
  };
}

function openAudience(client: MongoClient): Audience {
  const notices = new Set<Notice>();
  const tell = ({ newDescription }: TopologyDescriptionChangedEvent) => {
    for (const notice of notices) notice(newDescription);
  };
  const end = () => {
    client.off('topologyDescriptionChanged', tell);
    audiences.delete(client);
  };
  const audience = { notices, end };
  audiences.set(client, audience);
  client.on('topologyDescriptionChanged', tell);
  return audience;
}
