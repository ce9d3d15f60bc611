import { Command } from 'commander';
import { answer } from './output.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

/** `rescind client:list`: one line for each client: id, time of creation and name, with a tab between. */
export function clientListCommand(): Command {
  return new Command('client:list')
    .description('list the registered clients: id, created at, name')
    .action(async () => {
      await withDatabase(async (db) => {
        const clients = await withStore(db, (store) => store.clients.list());
        for (const { id, createdAt, name } of clients) {
          answer(`${id}\t${createdAt.toISOString()}\t${name}`);
        }
        if (clients.length === 0) process.stderr.write('There are no clients.\n');
      });
    });
}
