import { Command } from 'commander';
import { printResult } from './output.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

/** Prints one line for each client: id, time of creation and name, separated by tabs. */
export function clientListCommand(): Command {
  return new Command('client:list')
    .description('list the registered clients: id, created at, name')
    .action(async () => {
      await withDatabase(async (db) => {
        const clients = await withStore(db, (store) => store.clients.list());
        for (const { id, createdAt, name } of clients) {
          printResult(`${id}\t${createdAt.toISOString()}\t${name}`);
        }
        if (clients.length === 0) process.stderr.write('There are no clients.\n');
      });
    });
}
