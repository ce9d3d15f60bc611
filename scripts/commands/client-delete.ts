import { Command } from 'commander';
import { createClients } from '../../lib/store/clients.ts';
import { openCollections } from '../../lib/store/collections.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { recordClient } from './client-audit.ts';
import { CommandFailed } from './command-failed.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  readonly id: string;
}

/** `rescind client:delete`: takes a client out, at once and for every server. */
export function clientDeleteCommand(): Command {
  return new Command('client:delete')
    .description('delete a registered client; it is refused from then on')
    .requiredOption('--id <id>', 'id of the client, as client:list tells it')
    .action(deleteClient);
}

async function deleteClient({ id }: Options): Promise<void> {
  await withDatabase(async (db) => {
    const collections = openCollections(db);
    const deleted = await createClients(collections).delete(id);
    if (deleted === undefined) {
      throw new CommandFailed(
        'No client was deleted. There is none with this id; see client:list',
        EXIT.failed,
      );
    }
    process.stdout.write(`Deleted ${deleted.id} (${deleted.name})\n`);
    await recordClient('client_deleted', deleted, collections);
  });
}
