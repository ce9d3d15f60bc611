import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

/** A peer as the harness starts it: a process that serves /me. */
export class Peer {
  #child;
  #port;
  #agent = new Agent({ keepAlive: true, maxSockets: 50 });

  static async start(file, row) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const env = { ...process.env, NODE_ENV: 'production', BENCH_ROW: JSON.stringify(row) };
    const peer = new Peer();
    peer.#child = fork(path, { env });
    const { port } = await peer.#answer();
    peer.#port = port;
    return peer;
  }

  /** Says something to the process and resolves with what it says back. */
  async ask(message) {
    this.#child.send(message);
    return await this.#answer();
  }

  /** `{ status, body }` of GET /api/auth/me, over one of 50 connections. */
  async me(headers = {}) {
    const url = `http://127.0.0.1:${this.#port}/api/auth/me`;
    const request = get(url, { agent: this.#agent, headers });
    const deadline = setTimeout(() => request.destroy(new Error('no answer in 10 s')), 10_000);
    try {
      const [response] = await once(request, 'response');
      const chunks = await response.toArray();
      return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
    } finally {
      clearTimeout(deadline);
    }
  }

  stop() {
    this.#agent.destroy();
    if (this.#child.connected) this.#child.disconnect();
  }

  async #answer() {
    const gone = new AbortController();
    this.#child.once('exit', () => gone.abort(new Error('the peer ended')));
    const [message] = await once(this.#child, 'message', { signal: gone.signal });
    return message;
  }
}
