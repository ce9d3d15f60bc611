import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import test from 'ava';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';

test('a free port is one that can be listened on, and that no outgoing connection is given', async (t) => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort));
  for (const port of ports) t.true(port >= 10_000 && port < 32_768);
  t.true(
    new Set(ports).size > 15,
    'processes that request ports at the same time get different ones',
  );
  const server = createServer().listen(ports[0], '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const socket = connect(ports[0] ?? 0, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
});
