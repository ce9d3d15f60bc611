import { type MongoClient, MongoErrorLabel, MongoNetworkError } from 'mongodb';
import { SECOND } from '../../time.ts';

/**
 * Milliseconds without use after which a firewall may have dropped a connection. The driver's own monitoring
 * sends every 2 seconds: a firewall that drops sooner works with no driver.
 */
const QUIET_AFTER = 2 * SECOND;

/** A connection, as identified by the events of the driver's pools. */
interface Named {
  readonly address: string;
  readonly connectionId: number | '<monitor>';
}

export interface QuietConnectionsOptions {
  /** Milliseconds within which a quiet connection has to answer before it counts as dead. */
  readonly timeout: number;
}

/**
 * Replaces the connections of a client once a quiet one gives no answer. A firewall drops idle connections
 * silently, most often all of them. Neither end detects it, and data that is sent is lost. The driver would wait
 * for its socket timeout, then try the next dead connection. So all are replaced, and the driver resends on new
 * ones what it may send twice: reads, and writes with the number they have already.
 */
export function watchQuietConnections(
  client: MongoClient,
  { timeout }: QuietConnectionsOptions,
): () => void {
  const lastUsed = new Map<string, number>();
  const awaited = createAwaited(timeout, () => {
    replaceConnections(client).catch(() => undefined); // without a primary there is none to replace
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

/** Tracks quiet connections with a command in flight. If one takes too long, drops them all and calls `onDead`. */
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
 * Makes the driver close every connection to the primary, in the only way that its interface leaves: a command
 * that fails with a network error, whose label interrupts the connections in use too.
 */
async function replaceConnections(client: MongoClient): Promise<void> {
  const error = new MongoNetworkError('Quiet connections gave no answer');
  error.addErrorLabel(MongoErrorLabel.InterruptInUseConnections);
  const { signal, abort } = createAbort(error);
  const command = client.db('admin').command({ ping: 1 }, { signal });
  setImmediate(abort); // by then the command is on a connection, or waits for one
  await command;
}

function createAbort(error: Error) {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(error) };
}
