import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { Middleware } from 'koa';

/** Answers are for programs: no page may load, frame or run anything in them. */
const NOTHING_EMBEDDED = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  xFrameOptions: { action: 'deny' },
} as const;

/** RFC 6749 section 5.1: what holds a token, or speaks of one, is stored nowhere. */
const NOT_STORED = { 'Cache-Control': 'no-store' } as const;

/** Gives every answer the headers that all of them have. They are the same each time, so helmet is asked once. */
export function setHeaders(): Middleware {
  const headers = Object.entries({ ...helmetHeaders(), ...NOT_STORED });

  return function setHeaders(ctx, next) {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}

function helmetHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => {
      headers[name] = value;
    },
    removeHeader: () => undefined, // X-Powered-By, which Koa does not send
  };
  const request = {} as IncomingMessage;
  helmet(NOTHING_EMBEDDED)(request, answer as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}
