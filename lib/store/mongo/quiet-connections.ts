import { type MongoClient, MongoErrorLabel, MongoNetworkError } from 'mongodb';
import { SECOND } from '../../time.ts';

/**
 * Milliseconds without use after which a firewall may have dropped a connection. A shorter time is not needed, because
 * dropping connections sooner would break the driver's monitoring, which sends a message every 2 seconds.
 */
const QUIET_AFTER = 2 * SECOND;

/** A connection, as identified by the events of the driver's pools. */
interface Named {
  readonly address: string;
  readonly connectionId: number | '<monitor>';
}

export interface QuietConnectionsOptions {
  /** Milliseconds without a response after which a quiet connection counts as dead. */
  readonly timeout: number;
}

/**
 * Replaces all connections of a client if a command gets no response on a connection that was unused for 2 seconds. A
 * firewall drops idle connections silently, most often all at once. Neither end detects the drop, and sent data is
 * lost. The driver alone would wait for its socket timeout, then try the next dead connection. After the replacement
 * the driver retries reads and retryable writes on new connections.
 */
export function watchQuietConnections(
  client: MongoClient,
  { timeout }: QuietConnectionsOptions,
): () => void {
  const lastUsed = new Map<string, number>();
  const awaited = createAwaited(timeout, () => {
    replaceConnections(client).catch(() => undefined); // without a primary there are no connections to replace
  });

  function onCheckedOut(connection: Named): void {
    const name = toName(connection);
    const quietSince = lastUsed.get(name);
    if (quietSince === undefined) return;
    if (performance.now() - quietSince >= QUIET_AFTER) awaited.add(name);
  }

  function onCheckedIn(connection: Named): void {
    const name = toName(connection);
    lastUsed.set(name, performance.now());
    awaited.delete(name);
  }

  function onClosed(connection: Named): void {
    lastUsed.delete(toName(connection));
    awaited.delete(toName(connection));
  }

  client.on('connectionCheckedOut', onCheckedOut);
  client.on('connectionCheckedIn', onCheckedIn);
  client.on('connectionClosed', onClosed);
  return () => {
    client.off('connectionCheckedOut', onCheckedOut);
    client.off('connectionCheckedIn', onCheckedIn);
    client.off('connectionClosed', onClosed);
    awaited.stop();
  };
}

/** Tracks commands in flight on quiet connections. If one exceeds the timeout, stops tracking and calls `onDead`. */
function createAwaited(timeout: number, onDead: () => void) {
  const since = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function checkOldest(): void {
    timer = undefined;
    const [oldest] = since.values();
    if (oldest === undefined) return;
    const left = oldest + timeout - performance.now();
    if (left > 0) {
      watch(left);
      return;
    }
    since.clear();
    onDead();
  }

  function watch(milliseconds: number): void {
    timer ??= setTimeout(checkOldest, milliseconds).unref();
  }

  return {
    add(name: string): void {
      since.set(name, performance.now());
      watch(timeout);
    },
    delete: (name: string) => since.delete(name),
    stop: () => clearTimeout(timer),
  };
}

function toName({ address, connectionId }: Named): string {
  return `${connectionId} ${address}`;
}

/**
 * Makes the driver close every connection to the primary. The driver does this only after a network error, so a ping is
 * aborted with one. The label of the error makes the driver interrupt the connections in use as well.
 */
async function replaceConnections(client: MongoClient): Promise<void> {
  const error = new MongoNetworkError('A quiet connection got no response');
  error.addErrorLabel(MongoErrorLabel.InterruptInUseConnections);
  const { signal, abort } = createAbort(error);
  const command = client.db('admin').command({ ping: 1 }, { signal });
  setImmediate(abort); // later, because an abort has no effect before the ping uses or awaits a connection
  await command;
}

function createAbort(error: Error) {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(error) };
}
