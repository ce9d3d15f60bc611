import { randomUUID } from 'node:crypto';
import type { Collections } from '../../../lib/store/mongo/collections.ts';
import { createSessions, type Session } from '../../../lib/store/sessions/sessions.ts';
import { DAY } from '../../../lib/time.ts';

/** Adds a session with this stamp, as a login writes it. Returns the claims of its tokens. */
export async function addSession(
  collections: Collections,
  stamp: number,
  userId: string = randomUUID(),
  changes: Partial<Session> = {},
) {
  const sessionId = randomUUID();
  const tomorrow = new Date(Date.now() + DAY);
  const times = { stamp, authTime: new Date(), expiresAt: tomorrow, endsAt: tomorrow };
  const session = { id: sessionId, userId, ...times, ip: '::1', userAgent: undefined };
  await createSessions(collections).insert({ ...session, ...changes });
  return { sessionId, userId, stamp, kid: 'kid' };
}
