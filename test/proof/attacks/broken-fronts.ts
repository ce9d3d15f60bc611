/** Proxies before the server, each with a fault that an attack has to find. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { MINUTE } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { TestServer } from '../../helpers/server.ts';
import { createHttpClient, type HttpAnswer, type HttpRequest } from '../http-client.ts';

interface Fault {
  change?(request: HttpRequest): HttpRequest;
  answer?(answer: HttpAnswer, request: HttpRequest): HttpAnswer;
}

/** Starts a proxy that changes each request, or its answer. Returns its URL. */
function createFront({ change = (request) => request, answer = (it) => it }: Fault) {
  return async ({ url }: TestServer, scope: Scope): Promise<string> => {
    const send = createHttpClient(scope, url, 16);
    const server = createServer({ keepAliveTimeout: MINUTE }, async (incoming, response) => {
      const request = await read(incoming);
      const { status, body } = answer(await send(change(request)), request);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    scope.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}

/** The headers that the proxy sends on its own. */
const OWN = /^(host|connection|content-length)$/i;

async function read(incoming: IncomingMessage): Promise<HttpRequest> {
  const { method = '', url: path = '', rawHeaders } = incoming;
  const headers = rawHeaders
    .map((name, index) => [name, rawHeaders[index + 1] ?? ''] as const)
    .filter(([name], index) => index % 2 === 0 && !OWN.test(name));
  return { method, path, headers, body: await buffer(incoming) };
}

/** Takes every spelling of a token that decodes to the same bytes. */
export const lenientDecoder = createFront({
  change: ({ headers, ...request }) => ({
    ...request,
    headers: headers.map(([name, value]) => [name, value.replace(/^(bearer +)(.*)$/i, respell)]),
  }),
});

function respell(_: string, scheme: string, token: string): string {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  return scheme + parts.map((bytes) => bytes.toString('base64url')).join('.');
}

/** Takes the first of several headers of one name. */
export const firstHeader = createFront({
  change: ({ headers, ...request }) => {
    const names = headers.map(([name]) => name.toLowerCase());
    const isFirst = (_: unknown, index: number) => names.indexOf(names[index] ?? '') === index;
    return { ...request, headers: headers.filter(isFirst) };
  },
});

/** Makes strings of what is none. */
export const looseTypes = createFront({
  change(request) {
    try {
      const entries = Object.entries(JSON.parse(String(request.body)));
      const fields = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
      return { ...request, body: JSON.stringify(fields) };
    } catch {
      return request;
    }
  },
});

/** Fails for a body that it did not expect. */
export const crashing = createFront({
  answer: (answer, { body }) => (body?.includes('$') ? { status: 500, body: {} } : answer),
});
