import type { Context, Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { contentCoding } from '../content-coding.ts';
import { parseForm } from '../form.ts';
import { hasDuplicates } from '../json-duplicates.ts';
import { parseMediaType } from '../media-type.ts';
import { HttpProblem, type HttpProblemCode } from '../problems.ts';
import { timesSent } from '../raw-headers.ts';
import { hasBytes } from './has-bytes.ts';
import { withinDeadline } from './within-deadline.ts';

/** How a body is sent: as a JSON object, or as `application/x-www-form-urlencoded`. */
export type BodyType = 'json' | 'form';

interface BodyKind {
  readonly mediaType: string;
  /** What the parser is to read. */
  readonly parser: bodyParser.Options;
  /** What another media type, charset or compression is refused as. */
  readonly unsupported: HttpProblemCode;
  readonly malformed: HttpProblemCode;
  /** The body as schemas see it, of what the parser has read and its text; undefined where it is malformed. */
  accept(parsed: unknown, text: string): object | undefined;
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
    accept: (body, text) =>
      isPlainObject(body) && !isTooDeep(body) && !hasDuplicates(text) ? body : undefined,
  },
  form: {
    mediaType: FORM,
    parser: { enableTypes: ['text'], extendTypes: { text: [FORM] }, textLimit: LIMIT },
    unsupported: 'malformed_form',
    malformed: 'malformed_form',
    accept: (_parsed, text) => parseForm(text),
  },
};

/** Reads a body of this type and of at most 16 KiB, and refuses everything else before it reaches a schema. */
export function readBody(type: BodyType): Middleware {
  const kind = KINDS[type];
  const parse = bodyParser({ ...kind.parser, onerror: refuseAs(kind) });

  return async function readBody(ctx, next) {
    if (isMissing(ctx)) throw new HttpProblem(kind.malformed);
    if (!normalizeHeaders(ctx, kind)) throw await unsupported(ctx, kind);
    await withinDeadline(ctx, Promise.resolve(parse(ctx, nothingMore)));
    ctx.request.body = accepted(ctx, kind);
    return next();
  };
}

const nothingMore = () => Promise.resolve();

/** A body of no bytes is no body, whatever type it is said to have. */
function isMissing({ request }: Context): boolean {
  return request.length === 0 || request.is('*/*') === null;
}

/**
 * Returns false at another type, charset or coding, or several types; writes what is left in the one spelling
 * that the parser knows. Node keeps the first of two types without a word, and a proxy may go by the second.
 */
function normalizeHeaders({ req }: Context, { mediaType }: BodyKind): boolean {
  const { 'content-type': sent = '', 'content-encoding': codings = '' } = req.headers;
  const coding = contentCoding(codings);
  const isOne = timesSent('content-type', req.rawHeaders) <= 1;
  const isOfKind = sent === mediaType || isTextOf(mediaType, sent);
  if (!isOne || !isOfKind || coding === undefined) return false;
  req.headers['content-type'] = mediaType;
  req.headers['content-encoding'] = coding;
  return true;
}

function isTextOf(mediaType: string, sent: string): boolean {
  const { type, parameters } = parseMediaType(sent) ?? {};
  return type === mediaType && /^utf-?8$/i.test(parameters?.['charset'] ?? 'utf-8');
}

/** Chunks of no bytes are a missing body, whatever type they are said to have. */
async function unsupported(ctx: Context, kind: BodyKind): Promise<HttpProblem> {
  return new HttpProblem((await hasBytes(ctx)) ? kind.unsupported : kind.malformed);
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
  const sound = text === '' || text.includes('\uFFFD') ? undefined : accept(body, text);
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
