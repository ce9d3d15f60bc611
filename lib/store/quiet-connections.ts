import { type MongoClient, MongoErrorLabel, MongoNetworkError } from 'mongodb';
import { SECOND } from '../time.ts';

/**
 * Milliseconds without use after which a connection may have been forgotten on its way. The driver's own
 * monitoring says something every 2 seconds: what forgets sooner lets no driver through.
 */
const QUIET_AFTER = 2 * SECOND;

/** A connection, as the events of the driver's pools name it. */
interface Named {
  readonly address: string;
  readonly connectionId: number | '<monitor>';
}

export interface QuietConnectionsOptions {
  /** Milliseconds that a connection which had been quiet may take to answer before it counts as dead. */
  readonly patience: number;
}

/**
 * Replaces the connections of a client once one that had been quiet gives no answer. A firewall forgets
 * idle connections without a word, most often all of them: neither end hears of it, what is sent is lost, and the
 * driver would wait for its socket's time-out, then try the next dead one. So they all go, and the driver
 * sends again on new ones what it may send twice: reads, and writes under the number they have already.
 */
export function watchQuietConnections(
  client: MongoClient,
  { patience }: QuietConnectionsOptions,
): () => void {
  const lastUsed = new Map<string, number>();
  const asked = createAsked(patience, () => {
    replaceConnections(client).catch(() => undefined); // then the driver has no primary, and none to replace
  });

  function takenOut(connection: Named): void {
    const name = nameOf(connection);
    const quietSince = lastUsed.get(name);
    if (quietSince === undefined) return;
    if (performance.now() - quietSince >= QUIET_AFTER) asked.add(name);
  }

  function broughtBack(connection: Named): void {
    const name = nameOf(connection);
    lastUsed.set(name, performance.now());
    asked.delete(name);
  }

  function closed(connection: Named): void {
    lastUsed.delete(nameOf(connection));
    asked.delete(nameOf(connection));
  }

  client.on('connectionCheckedOut', takenOut);
  client.on('connectionCheckedIn', broughtBack);
  client.on('connectionClosed', closed);
  return () => {
    client.off('connectionCheckedOut', takenOut);
    client.off('connectionCheckedIn', broughtBack);
    client.off('connectionClosed', closed);
    asked.stop();
  };
}

/** Connections that had been quiet and were asked again; calls `onDead`, and forgets them all, where one takes too long. */
function createAsked(patience: number, onDead: () => void) {
  const since = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function judge(): void {
    timer = undefined;
    const [oldest] = since.values();
    if (oldest === undefined) return;
    const left = oldest + patience - performance.now();
    if (left > 0) {
      watch(left);
      return;
    }
    since.clear();
    onDead();
  }

  function watch(milliseconds: number): void {
    timer ??= setTimeout(judge, milliseconds).unref();
  }

  return {
    add(name: string): void {
      since.set(name, performance.now());
      watch(patience);
    },
    delete: (name: string) => since.delete(name),
    stop: () => clearTimeout(timer),
  };
}

function nameOf({ address, connectionId }: Named): string {
  return `${connectionId} ${address}`;
}

/**
 * Makes the driver give up every connection to the primary, in the one way that its interface leaves: a command
 * that ends in a network error, which says by its label that those in use are to be given up as well.
 */
async function replaceConnections(client: MongoClient): Promise<void> {
  const error = new MongoNetworkError('Connections that had been quiet do not answer');
  error.addErrorLabel(MongoErrorLabel.InterruptInUseConnections);
  const { signal, abort } = abortedBy(error);
  const asking = client.db('admin').command({ ping: 1 }, { signal });
  setImmediate(abort); // by then it was handed to a connection, or waits for one
  await asking;
}

function abortedBy(error: Error) {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(error) };
}
