import type { Context, Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { HttpProblem } from '../problems.ts';

const DEEPEST = 8;

/** Reads a JSON object of at most 16 KiB, and refuses everything else before it reaches a schema. */
export function readBody(): Middleware {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: '16kb',
    onerror: refuse,
  });

  return async function readBody(ctx, next) {
    assertJson(ctx);
    return parse(ctx, () => {
      assertPlainObject(ctx.request.body);
      return next();
    });
  };
}

function assertJson(ctx: Context): void {
  const type = ctx.request.is('application/json');
  if (type === null) throw new HttpProblem('malformed_body');
  const charset = ctx.request.charset.toLowerCase();
  if (type === false || !['', 'utf-8', 'utf8'].includes(charset)) {
    throw new HttpProblem('unsupported_media_type');
  }
}

/** The parser's errors tell their kind by status; one without a status comes from a broken encoding. */
function refuse(error: Error): never {
  const status = 'status' in error ? error.status : undefined;
  if (status === 413) throw new HttpProblem('body_too_large', { cause: error });
  if (status === 415) throw new HttpProblem('unsupported_media_type', { cause: error });
  throw new HttpProblem('malformed_body', { cause: error });
}

function assertPlainObject(body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || isTooDeep(body)) {
    throw new HttpProblem('malformed_body');
  }
}

/** Level by level, not by recursion: what is too deep must not exhaust the stack here either. */
function isTooDeep(body: object): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}
