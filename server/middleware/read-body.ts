import contentType from 'content-type';
import type { Context, Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import type { Caller } from '../../lib/caller.ts';
import { HttpProblem } from '../problems.ts';

const DEEPEST = 8;

/** Reads a JSON object of at most 16 KiB, and refuses everything else before it reaches a schema. */
export function readBody(): Middleware {
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: '16kb', onerror: refuse });

  return async function readBody(ctx, next) {
    if (ctx.request.is('*/*') === null) throw new HttpProblem('malformed_body'); // there is no body
    assertJson(ctx.get('Content-Type'));
    return parse(ctx, () => {
      assertInTime(ctx);
      assertObject(ctx);
      return next();
    });
  };
}

/** A body that took all the time there was leaves none for an answer. */
function assertInTime({ state }: Context): void {
  const { deadline = Number.POSITIVE_INFINITY } = state['caller'] as Caller;
  if (performance.now() >= deadline) throw new HttpProblem('request_timeout');
}

function assertJson(header: string): void {
  const { type, charset } = parseType(header);
  if (type === 'application/json' && /^utf-?8$/i.test(charset)) return;
  throw new HttpProblem('unsupported_media_type');
}

function parseType(header: string): { type: string; charset: string } {
  try {
    const { type, parameters } = contentType.parse(header);
    return { type, charset: parameters['charset'] ?? 'utf-8' };
  } catch (cause) {
    throw new HttpProblem('unsupported_media_type', { cause });
  }
}

/** The parser's errors tell their kind by status; one without a status comes from a broken encoding. */
function refuse(error: Error): never {
  const status = 'status' in error ? error.status : undefined;
  if (status === 413) throw new HttpProblem('body_too_large', { cause: error });
  if (status === 415) throw new HttpProblem('unsupported_media_type', { cause: error });
  throw new HttpProblem('malformed_body', { cause: error });
}

/** The parser decodes without a word what is not UTF-8: U+FFFD is what it puts in its place. */
function assertObject({ request: { body, rawBody } }: Context): void {
  const text = String(rawBody ?? '');
  if (text === '' || text.includes('\uFFFD') || !isPlainObject(body) || isTooDeep(body)) {
    throw new HttpProblem('malformed_body');
  }
}

function isPlainObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** Level by level, not by recursion: what is too deep must not exhaust the stack here either. */
function isTooDeep(body: object): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}

function childrenOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}
