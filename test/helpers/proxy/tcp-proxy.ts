import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Owner } from '../owner.ts';
import { type ProxiedConnection, proxiedConnection, type Treatment } from './proxied-connection.ts';
import { openersOf } from './socket-owner.ts';

/** What becomes of a connection that this process opened; undefined: one that is none of the proxy's `openers`. */
export type Rule = (opener: number | undefined) => Treatment;

export interface TcpProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Treats the connections there are and all new ones so, from now on: all alike, or each by its opener. */
  treat(rule: Rule | Treatment): void;
}

export interface TcpProxyOptions {
  /** The port on 127.0.0.1 that it stands in front of. */
  readonly target: () => number;
  /** The processes that rules tell apart. */
  readonly openers?: () => Iterable<number>;
}

interface Known {
  readonly connection: ProxiedConnection;
  /** The port of the opener's end. */
  readonly from: number;
}

/** A TCP proxy on a free port, which passes everything until it is told otherwise; it ends with its owner. */
export async function tcpProxy(owner: Owner, options: TcpProxyOptions): Promise<TcpProxy> {
  const { target, openers = () => [] } = options;
  const known = new Set<Known>();
  let rule: Rule | Treatment = 'pass';

  function accept(client: Socket): void {
    const from = client.remotePort ?? 0;
    const dial = () => connect({ port: target(), host: '127.0.0.1', noDelay: true });
    const connection = proxiedConnection(client, dial, createJudge()(from));
    const entry = { connection, from };
    known.add(entry);
    void connection.closed.then(() => known.delete(entry));
  }

  /** Says what becomes of a connection from a port, by who has that port now. */
  function createJudge(): (from: number) => Treatment {
    if (typeof rule !== 'function') {
      const alike = rule;
      return () => alike;
    }
    const judge = rule;
    const opened = openersOf(port, openers());
    return (from) => judge(opened.get(from));
  }

  const server = createServer({ noDelay: true }, accept).listen(0, '127.0.0.1');
  await once(server, 'listening');
  owner.teardown(() => close(server, known));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    treat(next) {
      rule = next;
      const judge = createJudge();
      for (const { connection, from } of known) connection.treat(judge(from));
    },
  };
}

async function close(server: Server, known: Iterable<Known>): Promise<void> {
  for (const { connection } of known) connection.reset();
  server.close();
  await once(server, 'close');
}
