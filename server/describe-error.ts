import { errorWithoutData } from '../lib/error-without-data.ts';

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string | undefined;
  readonly cause?: DescribedError;
  readonly errors?: readonly DescribedError[];
}

/** An error as the log has it: its kind, message, code and stack, never what it carries. */
export function describeError(error: unknown): DescribedError {
  const plain = errorWithoutData(error);
  return { ...describe(plain), stack: framesOf(plain) };
}

function describe(error: Error): DescribedError {
  const { cause, errors, code } = error as Error & Partial<Record<'errors' | 'code', unknown>>;
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(cause instanceof Error && { cause: describe(cause) }),
    ...(Array.isArray(errors) && { errors: errors.map(describe) }),
  };
}

function framesOf({ stack = '', name, message }: Error): string {
  return stack.slice(`${name}: ${message}\n`.length);
}
