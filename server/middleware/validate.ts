import { parse as parseQuery } from 'node:querystring';
import type { Middleware } from 'koa';
import type * as z from 'zod';
import { AuthError, type InputFault } from '../../lib/errors.ts';
import type { State } from '../context.ts';

/** What is validated: the body, or the query of the URL. */
export interface Schemas {
  readonly body?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
}

/** Lets only through what fits its schema: 422 `invalid_input` with every fault, and no value. */
export function validate({ body, query }: Schemas): Middleware<State> {
  return function validate(ctx, next) {
    if (body !== undefined) ctx.state.body = fitting(body, ctx.request.body);
    if (query !== undefined) ctx.state.query = fitting(query, queryOf(ctx.querystring));
    return next();
  };
}

/** All of it: by itself the parser passes over what comes after a thousand `&`, a `dry_run=true` say. */
function queryOf(text: string): Record<string, unknown> {
  return { ...parseQuery(text, '&', '=', { maxKeys: 0 }) };
}

function fitting(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(toFault);
  throw new AuthError('invalid_input', 'The input does not fit its schema', { faults });
}

/** Unknown fields are not named: what a client sends by mistake may be a secret. */
function toFault(issue: z.core.$ZodIssue): InputFault {
  const pointer = issue.path.map((part) => `/${String(part)}`).join('');
  const detail =
    issue.code === 'unrecognized_keys'
      ? 'There are fields that are not known here.'
      : issue.message;
  return { pointer, detail };
}
