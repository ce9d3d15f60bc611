import type { IncomingMessage, ServerResponse } from 'node:http';
import test from 'ava';
import helmet from 'helmet';
import { answerHeaders } from '../../server/answer-headers.ts';

/** Headers that helmet sets for answers that are no pages. */
function helmetHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name] = value;
    },
    removeHeader: () => undefined, // X-Powered-By, which Koa does not send
  };
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    xFrameOptions: { action: 'deny' },
  });
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}

test('Every answer has the headers of helmet, and is not stored', (t) => {
  t.deepEqual(Object.fromEntries(answerHeaders()), {
    ...helmetHeaders(),
    'Cache-Control': 'no-store',
  });
});

test('Answers that pages of other origins may read vary by the origin', (t) => {
  t.deepEqual(answerHeaders(['https://app.example.com']), [...answerHeaders(), ['Vary', 'Origin']]);
});
