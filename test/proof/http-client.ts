import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Scope } from '../helpers/scope.ts';
import type { Answer } from '../helpers/server.ts';

export type Header = readonly [name: string, value: string];

/** A request as it goes over the wire. Headers may repeat, and hold any byte that a header may. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body?: string | Buffer;
}

export type HttpAnswer = Pick<Answer, 'status' | 'body'>;
export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/** Creates a client that sends what fetch refuses, over connections that stay open. */
export function createHttpClient(scope: Scope, url: string): Send {
  const { hostname, port, host } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  scope.teardown(() => agent.destroy());

  return async function send({ method, path, headers, body = '' }) {
    const own = ['Host', host, 'Content-Length', String(Buffer.byteLength(body))];
    const options = { agent, hostname, port, method, path, headers: [...headers.flat(), ...own] };
    const sending = request(options);
    const answered = once(sending, 'response');
    sending.on('error', () => undefined); // after an early answer; before it, `answered` rejects
    sending.end(body);
    const [response] = await answered;
    return { status: response.statusCode, body: parse(await text(response)) };
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

export const bearer = (token: string | undefined): Header => ['Authorization', `Bearer ${token}`];

/** Makes a request with a JSON body. */
export function postJson(path: string, body: object, ...more: Header[]): HttpRequest {
  const headers: Header[] = [['Content-Type', 'application/json'], ...more];
  return { method: 'POST', path, headers, body: JSON.stringify(body) };
}

/** Makes a request that introspects a token, which is percent-encoded already. */
export function introspect(authorization: string, token: string): HttpRequest {
  const type = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
  const headers: Header[] = [['Authorization', authorization], type];
  return { method: 'POST', path: '/oauth/introspect', headers, body: `token=${token}` };
}
