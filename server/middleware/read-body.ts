import contentType from 'content-type';
import type { Context, Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import type { Caller } from '../../lib/caller.ts';
import { MINUTE, within } from '../../lib/time.ts';
import { parseForm } from '../form.ts';
import { HttpProblem, type HttpProblemCode } from '../problems.ts';

/** How a body is sent: as a JSON object, or as `application/x-www-form-urlencoded`. */
export type BodyType = 'json' | 'form';

interface BodyKind {
  readonly mediaType: string;
  /** What the parser is to read. */
  readonly parser: bodyParser.Options;
  /** What another media type, charset or compression is refused as. */
  readonly unsupported: HttpProblemCode;
  readonly malformed: HttpProblemCode;
  /** What schemas are to see of what the parser has read; undefined where it is malformed. */
  accept(parsed: unknown): object | undefined;
}

const LIMIT = '16kb';
const FORM = 'application/x-www-form-urlencoded';

/** The parser's own forms have brackets and lists, and take a parameter twice: it is to read them as text. */
const KINDS: Readonly<Record<BodyType, BodyKind>> = {
  json: {
    mediaType: 'application/json',
    parser: { enableTypes: ['json'], jsonLimit: LIMIT },
    unsupported: 'unsupported_media_type',
    malformed: 'malformed_body',
    accept: (body) => (isPlainObject(body) && !isTooDeep(body) ? body : undefined),
  },
  form: {
    mediaType: FORM,
    parser: { enableTypes: ['text'], extendTypes: { text: [FORM] }, textLimit: LIMIT },
    unsupported: 'malformed_form',
    malformed: 'malformed_form',
    accept: (text) => parseForm(String(text)),
  },
};

/** Reads a body of this type and of at most 16 KiB, and refuses everything else before it reaches a schema. */
export function readBody(type: BodyType): Middleware {
  const kind = KINDS[type];
  const parse = bodyParser({ ...kind.parser, onerror: refuseAs(kind) });

  return async function readBody(ctx, next) {
    if (ctx.request.is('*/*') === null) throw new HttpProblem(kind.malformed); // there is no body
    assertType(ctx.get('Content-Type'), kind);
    await within(timeLeft(ctx), Promise.resolve(parse(ctx, nothingMore)), tooSlow);
    ctx.request.body = accepted(ctx, kind);
    return next();
  };
}

const nothingMore = () => Promise.resolve();

function timeLeft({ state }: Context): number {
  const { deadline } = state['caller'] as Caller;
  return deadline === undefined ? MINUTE : deadline - performance.now();
}

/** A body that takes all the time there is leaves none for an answer; what is left of it nobody waits for. */
function tooSlow(): HttpProblem {
  return new HttpProblem('request_timeout', { headers: { Connection: 'close' } });
}

function assertType(header: string, { mediaType, unsupported }: BodyKind): void {
  const { type, charset, cause } = parseType(header);
  if (type === mediaType && /^utf-?8$/i.test(charset)) return;
  throw new HttpProblem(unsupported, { cause });
}

function parseType(header: string): { type?: string; charset: string; cause?: unknown } {
  try {
    const { type, parameters } = contentType.parse(header);
    return { type, charset: parameters['charset'] ?? 'utf-8' };
  } catch (cause) {
    return { charset: '', cause };
  }
}

/**
 * The parser's errors tell their kind by status; one without a status comes from a broken encoding. It
 * leaves the rest of the body unread, and the next request on the connection would wait behind that.
 */
function refuseAs({ unsupported, malformed }: BodyKind) {
  return function refuse(error: Error, { req }: Context): never {
    req.unpipe();
    req.resume();
    const status = 'status' in error ? error.status : undefined;
    if (status === 413) throw new HttpProblem('body_too_large', { cause: error });
    throw new HttpProblem(status === 415 ? unsupported : malformed, { cause: error });
  };
}

/** The parser decodes without a word what is not UTF-8: U+FFFD is what it puts in its place. */
function accepted(
  { request: { body, rawBody } }: Context,
  { malformed, accept }: BodyKind,
): object {
  const text = String(rawBody ?? '');
  const sound = text === '' || text.includes('\uFFFD') ? undefined : accept(body);
  if (sound === undefined) throw new HttpProblem(malformed);
  return sound;
}

const DEEPEST = 8;

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
