import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Scope } from '../scope.ts';
import {
  type OpenRelay,
  type ProxiedConnection,
  proxyConnection,
  type Treatment,
} from './connection.ts';
import { findOpeners } from './socket-owner.ts';

/** Decides by the process that opened a connection; undefined: another one. */
export type Rule = (opener: number | undefined) => Treatment;

export interface TcpProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Treats all present and future connections so: all alike, or each by its opener, if it is one of `openers`. */
  treat(rule: Rule | Treatment, openers?: () => Iterable<number>): void;
  /** Closes all connections and stops listening. Calling it again is harmless. */
  close(): Promise<void>;
}

export interface TcpProxyOptions {
  /** The port on 127.0.0.1 behind the proxy. */
  readonly target: () => number;
  /** Stands between the two ends of each connection, e.g. to read its messages. Default: forwards everything. */
  readonly relay?: OpenRelay;
}

/** Opens a TCP proxy on a free port that passes everything at first and is closed with its scope. */
export async function tcpProxy(
  scope: Scope,
  { target, relay }: TcpProxyOptions,
): Promise<TcpProxy> {
  /** Each with the port that it comes from. */
  const connections = new Map<ProxiedConnection, number>();
  /** Returns the treatment of a connection by its port, after one look-up of openers for all. */
  let createJudge = (): ((from: number) => Treatment) => () => 'pass';

  const server = createServer({ noDelay: true }, (client: Socket) => {
    const from = client.remotePort ?? 0;
    const dial = () => connect({ port: target(), host: '127.0.0.1', noDelay: true });
    const connection = proxyConnection(client, dial, createJudge()(from), relay);
    connections.set(connection, from);
    void connection.closed.then(() => connections.delete(connection));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function treat(rule: Rule | Treatment, openers: () => Iterable<number> = () => []): void {
    createJudge = () => {
      if (typeof rule !== 'function') return () => rule;
      const opened = findOpeners(port, openers());
      return (from) => rule(opened.get(from));
    };
    const judge = createJudge();
    for (const [connection, from] of connections) connection.treat(judge(from));
  }

  async function close(): Promise<void> {
    for (const connection of connections.keys()) connection.reset();
    await new Promise((closed) => server.close(closed));
  }

  scope.teardown(close);
  return { port, treat, close };
}
