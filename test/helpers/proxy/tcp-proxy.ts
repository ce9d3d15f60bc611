import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Scope } from '../scope.ts';
import { type OpenRelay, proxyConnection, type Treatment } from './connection.ts';
import { findOpeners } from './socket-owner.ts';

/** Decides by the process that opened a connection; undefined: another one. */
export type Rule = (opener: number | undefined) => Treatment;

export type TcpProxy = Awaited<ReturnType<typeof tcpProxy>>;

/**
 * Opens a TCP proxy on a free port of 127.0.0.1 that passes everything at first and is closed with its scope.
 *
 * @param target - returns the port on 127.0.0.1 behind the proxy.
 * @param relay - stands between the two ends of each connection, e.g. to read its messages. Default: forwards everything.
 */
export async function tcpProxy(
  scope: Scope,
  { target, relay }: { readonly target: () => number; readonly relay?: OpenRelay },
) {
  /** Each with the port that it comes from. */
  const connections = new Map<ReturnType<typeof proxyConnection>, number>();
  /** Returns the treatment of a connection by its port. Reads the openers of all connections once. */
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

  /** Treats all present and future connections so: all alike, or each by its opener, if it is one of `openers`. */
  function treat(rule: Rule | Treatment, openers: () => Iterable<number> = () => []): void {
    createJudge = () => {
      if (typeof rule !== 'function') return () => rule;
      const opened = findOpeners(port, openers());
      return (from) => rule(opened.get(from));
    };
    const judge = createJudge();
    for (const [connection, from] of connections) connection.treat(judge(from));
  }

  /** Closes all connections and stops listening. Calling it again is harmless. */
  async function close(): Promise<void> {
    for (const connection of connections.keys()) connection.reset();
    await new Promise((closed) => server.close(closed));
  }

  scope.teardown(close);
  return { port, treat, close };
}
