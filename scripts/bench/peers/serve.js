import { once } from 'node:events';
import { createServer } from 'node:http';

/** Serves `listener` on a free port and tells the harness which. */
export async function serve(listener) {
  await announce(createServer(listener));
}

/** The same for a server that its framework made. */
export async function announce(server) {
  answerHarness();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send({ port: server.address().port });
}

function answerHarness() {
  process.on('message', (message) => {
    if (message.cpu) process.send({ cpu: process.cpuUsage(), memory: process.memoryUsage() });
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGTERM', () => process.exit());
}
