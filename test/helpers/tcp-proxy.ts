import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Owner } from './owner.ts';
import { type ProxiedConnection, proxiedConnection, type Treatment } from './proxied-connection.ts';
import { ownerOf, socketInode } from './socket-owner.ts';

/** What becomes of a connection that this process opened; undefined: one that is none of the proxy's `openers`. */
export type Rule = (opener: number | undefined) => Treatment;

export interface TcpProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Treats the connections there are and all new ones so, from now on. */
  treat(rule: Rule): void;
}

export interface TcpProxyOptions {
  /** The port on 127.0.0.1 that it stands in front of. */
  readonly target: () => number;
  /** The processes that rules tell apart. */
  readonly openers?: () => Iterable<number>;
}

interface Known {
  readonly connection: ProxiedConnection;
  readonly inode: string | undefined;
  opener: number | undefined;
}

/** A TCP proxy on a free port, which passes everything until it is told otherwise; it ends with its owner. */
export async function tcpProxy(owner: Owner, options: TcpProxyOptions): Promise<TcpProxy> {
  const { target, openers = () => [] } = options;
  const known = new Set<Known>();
  let rule: Rule = () => 'pass';

  function accept(client: Socket): void {
    const { remotePort: localPort = 0, localPort: remotePort = 0 } = client;
    const inode = socketInode({ localPort, remotePort });
    const opener = inode === undefined ? undefined : ownerOf(inode, openers());
    const dial = () => connect({ port: target(), host: '127.0.0.1', noDelay: true });
    const connection = proxiedConnection(client, dial, rule(opener));
    const entry = { connection, inode, opener };
    known.add(entry);
    void connection.closed.then(() => known.delete(entry));
  }

  const server = createServer({ noDelay: true }, accept).listen(0, '127.0.0.1');
  await once(server, 'listening');
  owner.teardown(() => close(server, known));
  return {
    port: (server.address() as AddressInfo).port,
    treat(next) {
      rule = next;
      for (const entry of known) {
        // It may have become one of the openers after it had connected.
        if (entry.inode !== undefined) entry.opener ??= ownerOf(entry.inode, openers());
        entry.connection.treat(rule(entry.opener));
      }
    },
  };
}

async function close(server: Server, known: Iterable<Known>): Promise<void> {
  for (const { connection } of known) connection.reset();
  server.close();
  await once(server, 'close');
}
