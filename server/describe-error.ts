import { errorWithoutData } from '../lib/error-without-data.ts';
import { withAdvice } from './advice.ts';

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string | undefined;
  readonly cause?: DescribedError;
  readonly errors?: readonly DescribedError[];
}

/** Serializes an error and its causes for the log. Omits all members that may contain user data. */
export function describeError(error: unknown): DescribedError {
  const plain = errorWithoutData(error);
  const { stack = '', name, message } = plain;
  return { ...describe(plain), stack: stack.slice(`${name}: ${message}\n`.length) };
}

function describe(error: Error): DescribedError {
  const { cause, errors, code } = error as Error & Partial<Record<'errors' | 'code', unknown>>;
  return {
    type: error.name,
    message: withAdvice(error),
    ...(code !== undefined && { code }),
    ...(cause instanceof Error && { cause: describe(cause) }),
    ...(Array.isArray(errors) && { errors: errors.map(describe) }),
  };
}
