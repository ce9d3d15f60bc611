import querystring from 'node:querystring';
import type { Middleware } from 'koa';
import type * as z from 'zod';
import { AuthError, type InputFault } from '../../lib/errors.ts';
import type { State } from '../context.ts';
import type { Route } from '../route.ts';

/** Parses the body and the query by their schemas. Throws AuthError `invalid_input` with all faults, but no values. */
export function validate({ body, query }: Pick<Route, 'body' | 'query'>): Middleware<State> {
  return function validate(ctx, next) {
    if (body !== undefined) ctx.state.body = parse(body, ctx.request.body);
    if (query !== undefined) ctx.state.query = parse(query, parseQuery(ctx.querystring));
    return next();
  };
}

/** Parses the whole query. By default, Node ignores parameters after the first 1,000 and could miss `dry_run`. */
function parseQuery(text: string): Record<string, unknown> {
  return { ...querystring.parse(text, '&', '=', { maxKeys: 0 }) };
}

function parse(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(toFault);
  throw new AuthError('invalid_input', 'The input does not match its schema', { faults });
}

/** Converts an issue to a fault. Omits the names of unknown fields, because a client may send a secret as a name. */
function toFault(issue: z.core.$ZodIssue): InputFault {
  const pointer = issue.path.map((part) => `/${String(part)}`).join('');
  const detail =
    issue.code === 'unrecognized_keys'
      ? 'The input has unknown fields; remove them.'
      : issue.message;
  return { pointer, detail };
}
