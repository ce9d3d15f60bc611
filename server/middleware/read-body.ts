import type { Context, Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';

import { parseForm } from '../form.ts';
import { hasDuplicates } from '../json-duplicates.ts';
import { parseMediaType } from '../media-type.ts';
import { HttpProblem, type HttpProblemCode } from '../problems.ts';
import { parseContentCoding } from '../raw-headers.ts';
import type { BodyType } from '../route.ts';
import { hasBytes } from './has-bytes.ts';
import { countHeader } from './reject-malformed.ts';
import { withinDeadline } from './within-deadline.ts';

interface BodyKind {
  readonly mediaType: string;
  readonly parser: bodyParser.Options;
  /** Problem code for an unsupported media type, charset or compression. */
  readonly unsupported: HttpProblemCode;
  readonly malformed: HttpProblemCode;
  /** Converts the parsed body, or its text, to the body to validate. Returns undefined for a malformed body. */
  accept(parsed: unknown, text: string): object | undefined;
}

const LIMIT = '16kb';
const FORM = 'application/x-www-form-urlencoded';

/** Kinds of bodies. Forms need `parseForm`, because koa-bodyparser would interpret brackets and accept duplicates. */
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

/** Reads a body of this type and of at most 16 KiB. Rejects every other body. */
export function readBody(type: BodyType): Middleware {
  const kind = KINDS[type];
  const parse = bodyParser({ ...kind.parser, onerror: rejectAs(kind) });

  return async function readBody(ctx, next) {
    if (isMissing(ctx)) throw new HttpProblem(kind.malformed);
    if (!normalizeHeaders(ctx, kind)) throw await unsupportedOrMissing(ctx, kind);
    await withinDeadline(ctx, Promise.resolve(parse(ctx, noNext)));
    ctx.request.body = acceptBody(ctx, kind);
    return next();
  };
}

const noNext = () => Promise.resolve();

/** Returns true for a missing or empty body. The Content-Type of an empty body is ignored. */
function isMissing({ request }: Context): boolean {
  return request.length === 0 || request.is('*/*') === null;
}

/**
 * Rewrites the headers to the spelling that the parser accepts. Returns false for another type or charset, for several
 * codings, and for several Content-Types, because Node and a proxy may choose different ones.
 */
function normalizeHeaders({ req }: Context, { mediaType }: BodyKind): boolean {
  const { 'content-type': sent = '', 'content-encoding': codings = '' } = req.headers;
  const coding = parseContentCoding(codings);
  const isOne = countHeader('content-type', req.rawHeaders) <= 1;
  const isOfKind = sent === mediaType || isUtf8(mediaType, sent);
  if (!isOne || !isOfKind || coding === undefined) return false;
  req.headers['content-type'] = mediaType;
  req.headers['content-encoding'] = coding;
  return true;
}

function isUtf8(mediaType: string, sent: string): boolean {
  const { type, parameters } = parseMediaType(sent) ?? {};
  return type === mediaType && /^utf-?8$/i.test(parameters?.['charset'] ?? 'utf-8');
}

/** Returns the error for unsupported headers. An empty chunked body counts as missing. */
async function unsupportedOrMissing(ctx: Context, kind: BodyKind): Promise<HttpProblem> {
  return new HttpProblem((await hasBytes(ctx)) ? kind.unsupported : kind.malformed);
}

/** Maps an error of the parser to a problem by the status of the error. An error without a status is `malformed`. */
function rejectAs({ unsupported, malformed }: BodyKind) {
  return function reject(error: Error, { req }: Context): never {
    req.unpipe();
    req.resume(); // the parser leaves the rest unread, which would block the next request on the connection
    const status = 'status' in error ? error.status : undefined;
    if (status === 413) throw new HttpProblem('body_too_large', { cause: error });
    throw new HttpProblem(status === 415 ? unsupported : malformed, { cause: error });
  };
}

/** Rejects malformed bodies. Also rejects text that is not UTF-8, which the parser silently decodes to U+FFFD. */
function acceptBody(
  { request: { body, rawBody } }: Context,
  { malformed, accept }: BodyKind,
): object {
  const text = String(rawBody ?? '');
  const accepted = text === '' || text.includes('\uFFFD') ? undefined : accept(body, text);
  if (accepted === undefined) throw new HttpProblem(malformed);
  return accepted;
}

const MAX_DEPTH = 8;

function isPlainObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** Checks the depth level by level, because recursion into a deep body could exhaust the stack. */
function isTooDeep(body: object): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap(listChildren);
  }
  return false;
}

function listChildren(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}
