/** Servers before the server, each with a fault that an attack has to find. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { TestServer } from '../../helpers/server.ts';
import { createHttpClient, type Got, type Sent } from './http-client.ts';

/** Forwards each request as `change` leaves it, and its answer as `answer` does. */
function front(change: (sent: Sent) => Sent, answer: (got: Got, sent: Sent) => Got = (got) => got) {
  return async ({ url }: TestServer, owner: Scope): Promise<string> => {
    const http = createHttpClient(url, 16);
    const server = createServer({ keepAliveTimeout: MINUTE }, async (request, response) => {
      const sent = await read(request);
      const { status, body } = answer(await http.send(change(sent)), sent);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    owner.teardown(() => {
      http.close();
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}

/** What the front says itself on the way to the server. */
const OWN = /^(host|connection|content-length)$/i;

async function read(request: IncomingMessage): Promise<Sent> {
  const { method = '', url: path = '', rawHeaders } = request;
  const headers = rawHeaders
    .map((name, index) => [name, rawHeaders[index + 1] ?? ''] as const)
    .filter(([name], index) => index % 2 === 0 && !OWN.test(name));
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return { method, path, headers, body: Buffer.concat(chunks) };
}

/** Takes every spelling of a token that decodes to the same bytes. */
export const lenientDecoder = front(({ headers, ...sent }) => ({
  ...sent,
  headers: headers.map(([name, value]) => [name, value.replace(/^(bearer +)(.*)$/i, reSpelled)]),
}));

function reSpelled(_: string, scheme: string, token: string): string {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  return scheme + parts.map((bytes) => bytes.toString('base64url')).join('.');
}

/** Of several Authorization headers it takes the first. */
export const firstHeader = front(({ headers, ...sent }) => ({
  ...sent,
  headers: headers.filter(
    ([name], index) =>
      headers.findIndex(([other]) => other.toLowerCase() === name.toLowerCase()) === index,
  ),
}));

/** Makes strings of what is none. */
export const looseTypes = front(({ body = Buffer.alloc(0), ...sent }) => ({
  ...sent,
  body: loosened(body),
}));

function loosened(body: Buffer): Buffer {
  try {
    const fields = Object.entries(JSON.parse(body.toString())).map(([name, value]) => [
      name,
      String(value),
    ]);
    return Buffer.from(JSON.stringify(Object.fromEntries(fields)));
  } catch {
    return body;
  }
}

/** Fails for a body that it did not expect. */
export const crashing = front(
  (sent) => sent,
  (got, { body }) => (body?.includes('$') ? { status: 500, body: {} } : got),
);
