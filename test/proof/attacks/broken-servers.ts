/** Faults of servers that an attack has to find: each changes requests or answers on their way. */
import type { HttpRequest, Send } from '../http-client.ts';

/** Breaks the server behind a client. */
export type Break = (send: Send) => Send;

const changeRequests =
  (change: (request: HttpRequest) => HttpRequest): Break =>
  (send) =>
  (request) =>
    send(change(request));

/** Takes every spelling of a token that decodes to the same bytes. */
export const lenientDecoder = changeRequests(({ headers, ...request }) => ({
  ...request,
  headers: headers.map(([name, value]) => [name, value.replace(/^(bearer +)(.*)$/i, respell)]),
}));

function respell(_: string, scheme: string, token: string): string {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  return scheme + parts.map((bytes) => bytes.toString('base64url')).join('.');
}

/** Takes the first of several headers of one name. */
export const firstHeader = changeRequests(({ headers, ...request }) => {
  const names = headers.map(([name]) => name.toLowerCase());
  return {
    ...request,
    headers: headers.filter((_, index) => names.indexOf(names[index] ?? '') === index),
  };
});

/** Makes strings of what is none. */
export const looseTypes = changeRequests((request) => {
  try {
    const entries = Object.entries(JSON.parse(String(request.body)));
    const fields = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
    return { ...request, body: JSON.stringify(fields) };
  } catch {
    return request;
  }
});

/** Fails for a body that it did not expect. */
export const crashing: Break = (send) => async (request) =>
  request.body?.includes('$') ? { status: 500, body: {} } : send(request);
