import type { Middleware } from 'koa';
import type * as z from 'zod';
import { AuthError, type InputFault } from '../../lib/errors.ts';
import type { State } from '../context.ts';

/** Lets only a body through that fits the schema: 422 `invalid_input` with every fault, and no value. */
export function validate(schema: z.ZodType): Middleware<State> {
  return function validate(ctx, next) {
    const result = schema.safeParse(ctx.request.body);
    if (!result.success) {
      const faults = result.error.issues.map(toFault);
      throw new AuthError('invalid_input', 'The body does not fit its schema', { faults });
    }
    ctx.state.body = result.data;
    return next();
  };
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
