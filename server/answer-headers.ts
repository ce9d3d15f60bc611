import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

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

/** Names and values of headers. */
export type AnswerHeaders = readonly (readonly [name: string, value: string])[];

/** The headers that every answer has. They are the same each time, so helmet is asked once. */
const ALWAYS: AnswerHeaders = Object.entries({ ...helmetHeaders(), ...NOT_STORED });

/** Returns the headers that every answer has where pages of these origins may read answers. */
export function answerHeaders(corsOrigins: readonly string[] = []): AnswerHeaders {
  return corsOrigins.length === 0 ? ALWAYS : [...ALWAYS, ['Vary', 'Origin']];
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
