/** Throws a TypeError if a value is neither boolean nor undefined, because the string 'false' would count as true. */
export function assertBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`"${name}" must be true or false`);
}

/** Throws a TypeError that names the option if its value is not a whole number from `least` to `most`. */
export function assertInteger(name: string, value: unknown, least: number, most?: number): void {
  const fault = integerFault(value, least, most);
  if (fault !== undefined) throw new TypeError(`"${name}" ${fault}`);
}

/** Returns undefined for a whole number from `least` to `most`; otherwise a phrase to put after the value's name. */
export function integerFault(value: unknown, least: number, most?: number): string | undefined {
  const greatest = most ?? Number.MAX_SAFE_INTEGER;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= greatest)
    return undefined;
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  return `must be a whole number ${range}`;
}
