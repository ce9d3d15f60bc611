import * as z from 'zod';

/** A session as it stands in an answer. */
export const session = z.object({
  id: z.uuid(),
  user_agent: z.string().nullable(),
  ip: z.string(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
