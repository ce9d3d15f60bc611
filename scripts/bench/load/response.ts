/** A whole answer at the start of some bytes. */
export interface Response {
  readonly status: number;
  /** Bytes it takes, head and body. */
  readonly length: number;
}

/**
 * The answer at the start of `bytes`, however they were split into packets; undefined until all of it
 * is there. Throws for what is no HTTP/1.1 answer that leaves its connection open.
 */
export function completeResponse(bytes: Buffer): Response | undefined {
  const headLength = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (headLength === -1) return undefined;
  const head = bytes.toString('latin1', 0, headLength);
  const status = statusOf(head);
  const end = bodyEnd(head, status, bytes, headLength + 4);
  return end === undefined || end > bytes.length ? undefined : { status, length: end };
}

function statusOf(head: string): number {
  const [, status] = /^HTTP\/1\.1 ([2-5]\d\d)/.exec(head) ?? [];
  if (status === undefined) throw new Error(`no HTTP/1.1 answer: ${head.slice(0, 40)}`);
  return Number(status);
}

function bodyEnd(head: string, status: number, bytes: Buffer, start: number): number | undefined {
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length !== undefined) return start + Number(length);
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return chunksEnd(bytes, start);
  if (status === 204 || status === 304) return start;
  throw new Error('the answer has neither Content-Length nor chunks');
}

/** After the last chunk, which is empty; nobody here sends trailers. */
function chunksEnd(bytes: Buffer, start: number): number | undefined {
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('a chunk has no size');
    at = lineEnd + 2 + size + 2;
    if (size === 0) return at;
  }
}
