import { Command } from 'commander';
import type { Clients } from '../../lib/store/accounts/clients.ts';
import { generateClientSecret, hashClientSecret } from '../../lib/tokens/client-secrets.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { cliCaller } from './cli-caller.ts';
import { CliError } from './cli-error.ts';
import { printSecret } from './output.ts';
import { assertReady, withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly name: string;
}

/** Registers a client and prints its id and secret. Prints the secret only once, because only its hash is stored. */
export function clientCreateCommand(): Command {
  return new Command('client:create')
    .description('register a service that may revoke and introspect tokens; prints its secret once')
    .requiredOption('--name <name>', 'display name, up to 100 characters')
    .action(createClient);
}

async function createClient(options: Options): Promise<void> {
  const name = options.name.trim();
  const fault = findNameFault(name);
  if (fault !== undefined) throw refusal(fault);
  await withDatabase(async (db) => {
    await assertReady(db, 'clients', refusal);
    const secret = generateClientSecret();
    const secretHash = hashClientSecret(secret);
    await withStore(db, async ({ clients, audit }) => {
      const client = await clients.create({ name, secretHash });
      await printSecret(`client_id=${client.id}\nclient_secret=${secret}`, describeLoss).catch(
        (error) => undoCreate(clients, client.id, error),
      );
      const details = { client_id: client.id, client_name: client.name };
      const event = { action: 'client_created', user: undefined, details } as const;
      await audit.record(event, cliCaller('client:create'));
    });
  });
}

function describeLoss(reason: string): string {
  return `No client was created, because the secret could not be printed. ${reason}`;
}

/** Deletes a client whose secret could not be printed. Rethrows `error`, the reason why printing failed. */
async function undoCreate(clients: Clients, id: string, error: unknown): Promise<never> {
  await clients.delete(id).catch(() => {
    throw new CliError(
      EXIT.output,
      `The client ${id} was created, but its secret could not be printed. Delete the client: npm run client:delete -- --id ${id}`,
    );
  });
  throw error;
}

const MAX_NAME = 100;

/** Matches control and invisible characters, which could corrupt the output of client:list. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

function findNameFault(name: string): string | undefined {
  if (name === '') return '--name must not be empty.';
  if ([...name].length > MAX_NAME) return `--name must be at most ${MAX_NAME} characters.`;
  if (INVISIBLE.test(name)) return '--name must not contain control or invisible characters.';
  return undefined;
}

function refusal(message: string): CliError {
  return new CliError(EXIT.failed, `No client was created. ${message}`);
}
