/** Names and values of response headers. */
export type AnswerHeaders = readonly (readonly [name: string, value: string])[];

/** Headers of every response. The defaults of helmet, with a stricter Content-Security-Policy and with `no-store`. */
const ALWAYS: AnswerHeaders = [
  ['Content-Security-Policy', "default-src 'none';frame-ancestors 'none'"],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Origin-Agent-Cluster', '?1'],
  ['Referrer-Policy', 'no-referrer'],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-DNS-Prefetch-Control', 'off'],
  ['X-Download-Options', 'noopen'],
  ['X-Frame-Options', 'DENY'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
  ['X-XSS-Protection', '0'],
  ['Cache-Control', 'no-store'], // required by RFC 6749 section 5.1, because responses may contain tokens
];

/** Returns the headers of every response. `corsOrigins` are the origins whose pages may read responses. */
export function answerHeaders(corsOrigins: readonly string[] = []): AnswerHeaders {
  return corsOrigins.length === 0 ? ALWAYS : [...ALWAYS, ['Vary', 'Origin']];
}
