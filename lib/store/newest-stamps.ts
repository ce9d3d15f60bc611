import { MINUTE } from '../time.ts';
import type { Collections } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { idsOf } from './entry-kinds.ts';
import type { ReadLevel } from './primary-proof.ts';

/**
 * The newest cutoff is looked for among all users who ever revoked theirs, some 500,000 in a second. A
 * server gives up at its deadline; the command has this long, in milliseconds.
 */
const SEARCH_TIME = MINUTE;

/** The newest cutoff of a user, and the newest stamp of a session: what a cutoff of everyone has to be above. */
export async function newestStamps(
  { revokedTokens, sessions }: Pick<Collections, 'revokedTokens' | 'sessions'>,
  level: ReadLevel = 'local',
): Promise<Date[]> {
  const readConcern = { level };
  const newestUser = { readConcern, maxTimeMS: SEARCH_TIME, sort: { revoked_before: -1 } } as const;
  const newestSession = { readConcern, maxTimeMS: MAX_TIME, sort: { stamp: -1 } } as const;
  const [user, session] = await Promise.all([
    orUnavailable(revokedTokens.findOne({ _id: idsOf('user') }, newestUser)),
    orUnavailable(sessions.findOne({}, newestSession)),
  ]);
  return [user?.revoked_before, session?.stamp].filter((date) => date instanceof Date);
}
