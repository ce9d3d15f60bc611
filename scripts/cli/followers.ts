import { Command } from 'commander';
import { type ListedFollower, listFollowers } from '../../lib/store/followers/list-followers.ts';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { createStrictReads } from '../../lib/store/mongo/strict-reads.ts';
import { SECOND } from '../../lib/time.ts';
import { printResult } from './output.ts';
import { formatTable } from './table.ts';
import { withDatabase } from './with-database.ts';

const COLUMNS = ['HOST', 'RENEWED', 'LAG', 'LEASE', 'VERSION', 'STATE'] as const;

/** Prints one line for each server that follows the database. */
export function followersCommand(): Command {
  return new Command('followers')
    .description('list the servers that follow the changes of the database')
    .addHelpText('after', HELP)
    .action(async () => {
      const found = await withDatabase(async (db) => {
        const strictReads = createStrictReads(db);
        return listFollowers(openCollections(db), strictReads).finally(() => strictReads.stop());
      });
      const isTerminal = process.stdout.isTTY === true;
      for (const line of formatTable(COLUMNS, found.map(toRow), isTerminal)) printResult(line);
      if (found.length === 0) process.stderr.write(`${NOBODY}\n`);
    });
}

function toRow({ host, age, lag, lease, version, state }: ListedFollower): readonly string[] {
  const seconds = (milliseconds: number) => (milliseconds / SECOND).toFixed(1);
  return [
    host,
    seconds(age),
    lag === undefined ? '-' : String(lag),
    seconds(lease),
    version,
    state,
  ];
}

const NOBODY =
  'No server follows. Servers with FOLLOW=off never do; the check "lease" of /readyz has the reason of every other.';

const HELP = `
Columns, separated by tabs, in a terminal aligned and with a header; all times are seconds:
  host      the name of the server's machine
  renewed   since the last renewal, by the database's clock; at rest at most a third of the lease
  lag       by which the last change that the server applied is older than the newest; - before the first
  lease     for which the server may act on what it remembers after a renewal
  version   of rescind
  state     registered; starting: it does not follow yet; stale: it renews no more, and its lease has ended

A revocation waits for every server that is listed until it has the change, at most 1.1 of its lease.`;
