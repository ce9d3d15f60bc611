import type { Log } from '../../lib/log.ts';
import { type Clients, createClients } from '../../lib/store/accounts/clients.ts';
import { createUsers, type Users } from '../../lib/store/accounts/users.ts';
import { type Followers, openFollowers } from '../../lib/store/followers/followers.ts';
import type { Settled } from '../../lib/store/followers/settle.ts';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { createSchema } from '../../lib/store/mongo/schema-document.ts';
import { createStrictReads } from '../../lib/store/mongo/strict-reads.ts';
import { type Audit, createAudit } from '../../lib/store/records/audit.ts';
import { createDailyCounters } from '../../lib/store/records/daily-counters.ts';
import { countRevocations } from '../../lib/store/revocations/count-revocations.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations/revocations.ts';
import { createSessions, type Sessions } from '../../lib/store/sessions/sessions.ts';
import { MINUTE } from '../../lib/time.ts';
import { cliLog } from './cli-caller.ts';
import { describeSettled } from './describe-settled.ts';
import { printProgress } from './output.ts';

/** Collections that commands read and write, and the log of the commands. */
export interface CommandStore {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  readonly clients: Clients;
  readonly audit: Audit;
  /** Waits for the servers that follow. A command never follows itself. */
  readonly followers: Pick<Followers, 'settle'>;
  /** Prints how many servers have what was revoked, if any follows. */
  readonly printSettled: () => void;
  readonly log: Log;
}

/** The most milliseconds that a command waits for the servers that follow: more than any lease. */
const SETTLE_TIMEOUT = MINUTE;

/** Runs the work, then waits for its background writes, because the caller closes the connection afterwards. */
export async function withStore<T>(db: Db, work: (store: CommandStore) => Promise<T>): Promise<T> {
  const collections = openCollections(db);
  const dailyCounters = createDailyCounters(collections);
  const strictReads = createStrictReads(db);
  const sessions = createSessions(collections, strictReads);
  const followers = openFollowers(db, collections, {
    follow: 'off',
    lease: SETTLE_TIMEOUT,
    deadline: SETTLE_TIMEOUT,
    onEvent: () => undefined,
  });
  const marks: Promise<unknown>[] = [];

  function markEnded(ids: readonly string[]): Promise<void> {
    const marked = sessions.markEnded(ids);
    marks.push(marked);
    return marked;
  }

  try {
    return await work({
      users: createUsers(collections, strictReads),
      sessions: { ...sessions, markEnded },
      revocations: countRevocations(
        createRevocations(
          collections,
          createSchema(collections, strictReads),
          Date.now,
          strictReads,
        ),
        dailyCounters,
      ),
      audit: createAudit(collections, { log: cliLog, timeout: MINUTE }),
      clients: createClients(collections, strictReads),
      log: cliLog,
      ...noteSettled(followers),
    });
  } finally {
    await Promise.allSettled([...marks, dailyCounters.stop(), followers.close()]);
    strictReads.stop();
  }
}

/** Notes the outcome of the last wait, so that a command can print it. */
function noteSettled(
  followers: Pick<Followers, 'settle'>,
): Pick<CommandStore, 'followers' | 'printSettled'> {
  let last: Settled | undefined;

  return {
    followers: {
      async settle(write) {
        last = await followers.settle(write);
        return last;
      },
    },
    printSettled() {
      const line = last && describeSettled(last);
      if (line !== undefined) printProgress(line);
    },
  };
}
