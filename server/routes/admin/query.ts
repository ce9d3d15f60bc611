import * as z from 'zod';

/** Creates the schema of a text parameter. A duplicate parameter arrives as an array and is rejected. */
export const text = (name: string, maxLength: number) =>
  z
    .string(`${name} must be given once.`)
    .min(1, `${name} is empty.`)
    .refine((value) => [...value].length <= maxLength, `${name} is too long.`);

/** Creates the schema of a parameter that is a whole number from 1 to `max`. */
export const wholeNumber = (name: string, max: number) => {
  const message = `${name} must be a whole number from 1 to ${max}, given once.`;
  return z
    .string(message)
    .regex(/^[1-9]\d{0,8}$/, message)
    .transform(Number)
    .refine((value) => value <= max, message);
};

/** Creates the schema of a parameter that is a time with an offset from UTC. */
export const time = (name: string) =>
  z.iso
    .datetime({
      offset: true,
      error: `${name} must be an ISO 8601 time with an offset, such as 2026-11-24T09:30:00Z, with + written as %2B.`,
    })
    .max(40, `${name} is too long.`)
    .transform((written) => new Date(written));
