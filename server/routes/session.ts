import * as z from 'zod';
import type { StoredSession } from '../../lib/store/sessions/sessions.ts';

/** A session in a response. */
export const session = z.object({
  id: z.uuid(),
  user_agent: z.string().nullable(),
  ip: z.string(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});

/** Converts a stored session to the input of `toWire` for the schema above. */
export function toSession<Stored extends StoredSession>(stored: Stored) {
  return { ...stored, userAgent: stored.userAgent ?? null, createdAt: stored.authTime };
}
