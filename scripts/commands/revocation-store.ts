import type { Log } from '../../lib/log.ts';
import { type Audit, createAudit } from '../../lib/store/audit.ts';
import { openCollections } from '../../lib/store/collections.ts';
import { countRevocations } from '../../lib/store/counted-revocations.ts';
import { createDailyCounts } from '../../lib/store/daily-counts.ts';
import type { Db } from '../../lib/store/database.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { createSessions, type Sessions } from '../../lib/store/sessions.ts';
import { createUsers, type Users } from '../../lib/store/users.ts';
import { MINUTE } from '../../lib/time.ts';

/** What a command revokes with. */
export interface RevocationStore {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  readonly audit: Audit;
  readonly log: Log;
}

/** Does the work, then waits for what it wrote on the side: the connection is closed next. */
export async function withRevocationStore<T>(
  db: Db,
  work: (store: RevocationStore) => Promise<T>,
): Promise<T> {
  const collections = openCollections(db);
  const dailyCounts = createDailyCounts(collections);
  const sessions = createSessions(collections);
  const marks: Promise<unknown>[] = [];

  function markEnded(ids: readonly string[]): Promise<void> {
    const marked = sessions.markEnded(ids);
    marks.push(marked);
    return marked;
  }

  try {
    return await work({
      users: createUsers(collections),
      sessions: { ...sessions, markEnded },
      revocations: countRevocations(
        createRevocations(collections, createSchema(collections)),
        dailyCounts,
      ),
      audit: createAudit(collections, { log, patience: MINUTE }),
      log,
    });
  } finally {
    await Promise.allSettled([...marks, dailyCounts.stop()]);
  }
}

/** Only the sentence: MongoDB's own messages quote the command. */
const log: Log = {
  warn: (_fields, message) => tell(message),
  error: (_fields, message) => tell(message),
};

function tell(message: string): void {
  process.stderr.write(`${message}.\n`);
}
