import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { SessionDocument } from '../../../../lib/store/mongo/collections.ts';
import type { RefreshInput } from '../../../../lib/store/sessions/session-refresh.ts';
import { createSessions } from '../../../../lib/store/sessions/sessions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { addSession } from '../add-session.ts';

/** A session by the ages of its dates, in milliseconds; negative ones are ahead. */
export interface SessionAges {
  readonly counter?: number;
  readonly rotated?: number;
  readonly rotatedBy?: string | null;
  readonly expired?: number;
  readonly ended?: number;
  readonly reused?: number;
  /** The highest counter that was seen. Default the one before the newest, which a rotation leaves. */
  readonly seen?: number;
  /** The last write was that of a server that keeps no `seen_counter`: a repeated answer, or a rotation. */
  readonly olderServer?: 'repeated' | 'rotated';
}

export type Presented = Partial<Omit<RefreshInput, 'sessionId'>>;

export const AGENT = 'Firefox';

/** Ages of a rotation on either side of the grace, in milliseconds. */
export const WITHIN = 30 * SECOND;
export const AFTER = 90 * SECOND;

/** Opens the store of sessions on a database of the test's own. */
export async function setUp(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const { sessions } = collections;
  const store = createSessions(collections);

  /** Adds a session five refreshes old, which lives for a week more and ends in a month. */
  async function open(ages: SessionAges = {}): Promise<string> {
    const { counter = 5, rotated = HOUR, rotatedBy = AGENT, reused, seen = counter - 1 } = ages;
    const past = (milliseconds: number) => new Date(Date.now() - milliseconds);
    const { sessionId } = await addSession(collections, Date.now() - DAY, randomUUID(), {
      authTime: past(DAY),
      expiresAt: past(ages.expired ?? -7 * DAY),
      endsAt: past(ages.ended ?? -30 * DAY),
      userAgent: AGENT,
    });
    const reused_at = reused === undefined ? {} : { reused_at: past(reused) };
    const refreshes = ages.olderServer === undefined ? 0 : 1;
    const tracked = ages.olderServer !== 'rotated' && { tracked_refreshes: 0 };
    const rotation = { counter, rotated_at: past(rotated), rotated_by: rotatedBy };
    const fields = { ...rotation, refreshes, ...tracked, seen_counter: seen, ...reused_at };
    await sessions.updateOne({ _id: sessionId }, { $set: fields });
    return sessionId;
  }

  async function read(id: string): Promise<SessionDocument> {
    const found = await sessions.findOne({ _id: id });
    if (found === null) throw new Error('The session is gone');
    return found;
  }

  return { uri, sessions, store, open, read };
}

/** Makes the input of a refresh by the newest token of such a session, unless something else is presented. */
export function input(sessionId: string, presented: Presented = {}): RefreshInput {
  const given = { counter: 5, userAgent: AGENT, grace: MINUTE, idleTtl: 7 * DAY };
  return { sessionId, ...given, ...presented };
}
