import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { spawnChild } from '../../scripts/dev/processes.ts';
import type { Treatment } from '../helpers/proxy/connection.ts';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import { type TcpProxy, tcpProxy } from '../helpers/proxy/tcp-proxy.ts';

const onLinux = tellsOwners ? test : test.skip;
const LONG_ENOUGH = 300;

/** A proxy in front of a server that sends everything back. */
async function echoProxy(t: ExecutionContext): Promise<TcpProxy> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => void server.close());
  return tcpProxy(t, { target: () => (server.address() as AddressInfo).port });
}

interface Client {
  readonly socket: Socket;
  /** All that came back so far. */
  received(): string;
  /** Waits until this much has come back. */
  gets(text: string): Promise<void>;
  /** Waits until it is closed, by a reset or in order. */
  closed(): Promise<void>;
}

async function client(t: ExecutionContext, { port }: TcpProxy): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const closing = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  t.teardown(() => void socket.destroy());
  await Promise.race([once(socket, 'connect').catch(() => undefined), closing]);
  return {
    socket,
    received: () => text,
    async gets(wanted) {
      while (text.length < wanted.length) await once(socket, 'data');
      t.is(text, wanted);
    },
    closed: () => closing,
  };
}

function treatAll(proxy: TcpProxy, treatment: Treatment): void {
  proxy.treat(() => treatment);
}

test('it passes what is sent both ways, until either side ends', async (t) => {
  const one = await client(t, await echoProxy(t));
  const much = 'x'.repeat(1_000_000);
  one.socket.write(much);
  await one.gets(much);
  one.socket.end();
  await t.notThrowsAsync(one.closed());
});

test('refuse ends the connections there are and each new one', async (t) => {
  const proxy = await echoProxy(t);
  const old = await client(t, proxy);
  old.socket.write('a');
  await old.gets('a');
  treatAll(proxy, 'refuse');
  await old.closed();
  const late = await client(t, proxy);
  late.socket.write('b');
  await late.closed();
  t.is(late.received(), '');
});

test('a hole is silent to old and new connections, and what was sent arrives late', async (t) => {
  const proxy = await echoProxy(t);
  const old = await client(t, proxy);
  old.socket.write('a');
  await old.gets('a');
  treatAll(proxy, 'hole');
  const late = await client(t, proxy);
  old.socket.write('b');
  late.socket.write('c');
  await sleep(LONG_ENOUGH);
  t.deepEqual([old.received(), late.received()], ['a', '']);
  t.false(old.socket.destroyed || late.socket.destroyed);
  treatAll(proxy, 'pass');
  await Promise.all([old.gets('ab'), late.gets('c')]);
});

test('a hole hides that the other side has gone, until it passes again', async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => void server.close());
  const proxy = await tcpProxy(t, { target: () => (server.address() as AddressInfo).port });
  const one = await client(t, proxy);
  await once(server, 'connection');
  treatAll(proxy, 'hole');
  for (const socket of sockets) socket.destroy();
  await sleep(LONG_ENOUGH);
  t.false(one.socket.destroyed);
  treatAll(proxy, 'pass');
  await one.closed();
  t.true(one.socket.destroyed);
});

test('delay holds each piece back, each way', async (t) => {
  const proxy = await echoProxy(t);
  const one = await client(t, proxy);
  treatAll(proxy, { delay: [100, 150] });
  const start = performance.now();
  one.socket.write('a');
  await one.gets('a');
  t.true(performance.now() - start >= 199); // a timer may be a millisecond early
});

test('cutAfter lets so many bytes through and ends it, each connection anew', async (t) => {
  const proxy = await echoProxy(t);
  treatAll(proxy, { cutAfter: [1_500, 1_500] });
  for (let round = 0; round < 2; round += 1) {
    const one = await client(t, proxy);
    one.socket.write('a'.repeat(1_000));
    await one.closed();
    t.true(one.received().length <= 500, 'more than was let through');
  }
});

test('the connection to a server that is not there ends', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const one = await client(t, await tcpProxy(t, { target: () => port }));
  await t.notThrowsAsync(one.closed());
});

onLinux(
  'a rule distinguishes processes, also one that connected before the rule named it',
  async (t) => {
    const pids: number[] = [];
    const proxy = await echoProxy(t);
    const mine = await client(t, proxy);
    const other = otherProcess(t, proxy.port);
    mine.socket.write('a');
    other.stdin?.write('a');
    await Promise.all([mine.gets('a'), once(other.stdout as NodeJS.ReadableStream, 'data')]);
    pids.push(other.pid as number);
    proxy.treat(
      (opener) => (opener === other.pid ? 'refuse' : 'pass'),
      () => pids,
    );
    await once(other, 'exit');
    mine.socket.write('b');
    await mine.gets('ab');
    const later = otherProcess(t, proxy.port);
    pids.push(later.pid as number);
    proxy.treat(
      (opener) => (opener === later.pid ? 'refuse' : 'pass'),
      () => pids,
    );
    await once(later, 'exit');
  },
);

/** Connects to the port, sends what it is given and prints what it gets; ends with its connection. */
function otherProcess(t: ExecutionContext, port: number): ChildProcess {
  const code = `
    const socket = require('node:net').connect(${port}, '127.0.0.1');
    socket.on('error', () => {}).on('close', () => process.exit());
    process.stdin.pipe(socket).pipe(process.stdout);`;
  const child = spawnChild(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  return child;
}
