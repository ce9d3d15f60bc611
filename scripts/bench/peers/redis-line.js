import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A way to Redis that can be cut: to its user Redis is killed, and everybody else keeps it. */
export class RedisLine {
  #server;
  #sockets = new Set();

  static async open(url) {
    const { hostname, port } = new URL(url);
    const line = new RedisLine();
    line.#server = createServer((near) => line.#join(near, connect(port || 6379, hostname)));
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url() {
    return `redis://127.0.0.1:${this.#server.address().port}`;
  }

  cut() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near, far) {
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    }
  }
}
