import * as z from 'zod';

/** Creates the schema of a string member of a JSON body. */
export const bodyText = (name: string, maxLength: number) =>
  z.string(`${name} must be a string.`).max(maxLength, `${name} is too long.`);

/** A successful token response (RFC 6749 section 5.1). */
export const tokens = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  refresh_token: z.string(),
});
