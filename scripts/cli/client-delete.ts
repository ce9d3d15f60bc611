import { Command } from 'commander';
import { actorOf } from '../../lib/caller.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';
import { operatorOf } from './operator.ts';
import { say } from './output.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

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
  await withDatabase((db) =>
    withStore(db, async ({ clients, revocations, audit }) => {
      const operator = operatorOf('client:delete');
      if ((await clients.find(id)) === undefined) throw new CommandFailed(UNKNOWN, EXIT.failed);
      const cause = { reason: 'client_deleted', revokedBy: actorOf(operator) };
      await revocations.revokeClient({ clientId: id, ...cause });
      const deleted = await clients.delete(id);
      if (deleted === undefined) throw new CommandFailed(UNKNOWN, EXIT.failed);
      say(`Deleted ${deleted.id} (${deleted.name})`);
      const details = { client_id: deleted.id, client_name: deleted.name };
      const event = { action: 'client_deleted', user: undefined, details } as const;
      await audit.record(event, operator);
    }),
  );
}

const UNKNOWN = 'No client was deleted. There is none with this id; see client:list';
