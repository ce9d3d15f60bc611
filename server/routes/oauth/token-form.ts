import * as z from 'zod';

/** The form of RFC 7009 and RFC 7662. Other parameters are ignored. */
export const tokenForm = z.object({
  token: z.string('token is missing.'),
  token_type_hint: z.string().optional(),
});
