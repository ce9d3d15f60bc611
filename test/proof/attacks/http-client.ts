import { Agent, request } from 'node:http';

/** What is sent: headers may be there twice, and hold any byte that a header may. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
}

export interface Got {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  readonly body: any;
}

export interface HttpClient {
  send(sent: Sent): Promise<Got>;
  close(): void;
}

/** Sends what fetch would refuse to, over so many connections that stay open. */
export function createHttpClient(url: string, connections: number): HttpClient {
  const { hostname, port, host } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  function send({ method, path, headers, body = Buffer.alloc(0) }: Sent): Promise<Got> {
    const all = [
      ...headers,
      ['Host', host] as const,
      ['Content-Length', `${body.length}`] as const,
    ];
    return new Promise((resolve, reject) => {
      const options = { agent, hostname, port, method, path, headers: all.flat() };
      const sending = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: read(Buffer.concat(chunks).toString()),
          }),
        );
      });
      sending.on('error', reject);
      sending.end(body);
    });
  }

  return { send, close: () => agent.destroy() };
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
