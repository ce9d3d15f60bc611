import { Command } from 'commander';
import { toActor } from '../../lib/caller.ts';
import { settle } from '../../lib/use-cases/shared/settle.ts';
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
      const client = await clients.find(id);
      if (client === undefined) throw new CliError(EXIT.failed, UNKNOWN);
      const cause = { reason: 'client_deleted', revokedBy: toActor(caller) };
      const revoked = await revocations.revokeClient({ clientId: id, ...cause });
      const details = { client_id: client.id, client_name: client.name };
      const event = { action: 'client_deleted', user: undefined, details } as const;
      await settle({ followers }, revoked, audit.record(event, caller));
      await clients.delete(id);
      printProgress(`Deleted ${client.id} (${client.name})`);
      printSettled();
    }),
  );
}

const UNKNOWN = 'No client was deleted. No client has this id. Run: npm run client:list';
