import { Command } from 'commander';
import { toActor } from '../../lib/caller.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { cliCaller } from './cli-caller.ts';
import { CliError } from './cli-error.ts';
import { printProgress } from './output.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly id: string;
}

/** Deletes a client. Every server rejects the client's requests from then on. */
export function clientDeleteCommand(): Command {
  return new Command('client:delete')
    .description('delete a registered client; every server rejects its requests at once')
    .requiredOption('--id <id>', 'id of the client, from client:list')
    .action(deleteClient);
}

async function deleteClient({ id }: Options): Promise<void> {
  await withDatabase((db) =>
    withStore(db, async ({ clients, revocations, audit, followers, printSettled }) => {
      const caller = cliCaller('client:delete');
      if ((await clients.find(id)) === undefined) throw new CliError(EXIT.failed, UNKNOWN);
      const cause = { reason: 'client_deleted', revokedBy: toActor(caller) };
      const revoked = await revocations.revokeClient({ clientId: id, ...cause });
      await followers.settle(revoked);
      const deleted = await clients.delete(id);
      if (deleted === undefined) throw new CliError(EXIT.failed, UNKNOWN);
      printProgress(`Deleted ${deleted.id} (${deleted.name})`);
      printSettled();
      const details = { client_id: deleted.id, client_name: deleted.name };
      const event = { action: 'client_deleted', user: undefined, details } as const;
      await audit.record(event, caller);
    }),
  );
}

const UNKNOWN = 'No client was deleted. No client has this id. Run: npm run client:list';
