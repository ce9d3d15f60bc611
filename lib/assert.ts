/** Throws a TypeError for anything but true, false or undefined. The string 'false' would otherwise count as true. */
export function assertBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`"${name}" must be true or false`);
}

/** Throws a TypeError that names the option if its value is not a whole number from `least` to `most`. */
export function assertInteger(name: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new TypeError(`"${name}" must be a whole number from ${least} to ${most}`);
}
