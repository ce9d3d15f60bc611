import { assertCaller } from './caller.ts';
import type { UseCase } from './deadline.ts';

/**
 * The use case with its arguments checked: a TypeError names a caller that is missing or wrong, and an input
 * that is no object, such as a bare token. No input at all is an empty one. Thrown, not rejected: the auth's guard
 * around it makes a rejection of it.
 */
export function withCheckedArguments<Input, Output>(
  useCase: UseCase<Input, Output>,
): UseCase<Input, Output> {
  return function checked(input, caller) {
    assertCaller(caller);
    const given: unknown = input ?? {};
    if (typeof given !== 'object') throw new TypeError('"input" must be an object');
    return useCase(given as Input, caller);
  };
}

/** TypeError for anything but true, false or undefined: 'false' would otherwise be true, and null false. */
export function assertBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`"${name}" must be true or false`);
}
