import { MINUTE } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import type { ReadLevel } from '../mongo/strict-reads.ts';
import { toIdRange } from './entry-kinds.ts';

/**
 * The timeout of the search for the newest cutoff of a user, in milliseconds. The search scans the entries of all users
 * who ever revoked their tokens, about 500,000 per second. An HTTP request still ends at its deadline.
 */
const SEARCH_TIME = MINUTE;

/** Returns the newest cutoff of a user and the newest stamp of a session. The deployment's cutoff must exceed both. */
export async function newestStamps(
  { revokedTokens, sessions }: Pick<Collections, 'revokedTokens' | 'sessions'>,
  level: ReadLevel = 'local',
): Promise<Date[]> {
  const readConcern = { level };
  const newestUser = { readConcern, maxTimeMS: SEARCH_TIME, sort: { revoked_before: -1 } } as const;
  const newestSession = { readConcern, maxTimeMS: MAX_TIME, sort: { stamp: -1 } } as const;
  const [user, session] = await Promise.all([
    orUnavailable(revokedTokens.findOne({ _id: toIdRange('user') }, newestUser)),
    orUnavailable(sessions.findOne({}, newestSession)),
  ]);
  return [user?.revoked_before, session?.stamp].filter((date) => date instanceof Date);
}
