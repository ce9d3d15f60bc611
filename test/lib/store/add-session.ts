import { randomUUID } from 'node:crypto';
import type { Collections } from '../../../lib/store/mongo/collections.ts';
import { createSessions } from '../../../lib/store/sessions/sessions.ts';
import { DAY } from '../../../lib/time.ts';

/** Adds a session with this stamp, as a login writes it. Returns the claims of its tokens. */
export async function addSession(
  collections: Collections,
  stamp: number,
  userId: string = randomUUID(),
) {
  const sessionId = randomUUID();
  await createSessions(collections).insert({
    id: sessionId,
    userId,
    stamp,
    authTime: new Date(),
    expiresAt: new Date(Date.now() + DAY),
    endsAt: new Date(Date.now() + DAY),
    ip: '::1',
    userAgent: undefined,
  });
  return { sessionId, userId, stamp, kid: 'kid' };
}
