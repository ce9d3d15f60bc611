import type { Log } from '../../lib/log.ts';
import { type Audit, createAudit } from '../../lib/store/audit.ts';
import { type Clients, createClients } from '../../lib/store/clients.ts';
import { openCollections } from '../../lib/store/collections.ts';
import { countRevocations } from '../../lib/store/counted-revocations.ts';
import { createDailyCounts } from '../../lib/store/daily-counts.ts';
import type { Db } from '../../lib/store/database.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { createSessions, type Sessions } from '../../lib/store/sessions.ts';
import { createStrictReads } from '../../lib/store/strict-reads.ts';
import { createUsers, type Users } from '../../lib/store/users.ts';
import { MINUTE } from '../../lib/time.ts';
import { cliLog } from './cli-caller.ts';

/** Collections that commands read and write. */
export interface CommandStore {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  readonly clients: Clients;
  readonly audit: Audit;
  readonly log: Log;
}

/** Runs the work and waits for its background writes, since the connection is closed next. */
export async function withStore<T>(db: Db, work: (store: CommandStore) => Promise<T>): Promise<T> {
  const collections = openCollections(db);
  const dailyCounts = createDailyCounts(collections);
  const primary = createStrictReads(db);
  const sessions = createSessions(collections, primary);
  const marks: Promise<unknown>[] = [];

  function markEnded(ids: readonly string[]): Promise<void> {
    const marked = sessions.markEnded(ids);
    marks.push(marked);
    return marked;
  }

  try {
    return await work({
      users: createUsers(collections, primary),
      sessions: { ...sessions, markEnded },
      revocations: countRevocations(
        createRevocations(collections, createSchema(collections), Date.now, primary),
        dailyCounts,
      ),
      audit: createAudit(collections, { log: cliLog, patience: MINUTE }),
      clients: createClients(collections, MINUTE, primary),
      log: cliLog,
    });
  } finally {
    await Promise.allSettled([...marks, dailyCounts.stop()]);
  }
}
