export const LONGEST_USER_ID = 128;

const FORM = new RegExp(`^.{1,${LONGEST_USER_ID}}$`, 'su');

/** Returns true for an id that tokens can carry in `sub`: a string of 1 to 128 characters. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && FORM.test(value);
}
