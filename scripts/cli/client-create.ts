import { Command } from 'commander';
import type { Clients } from '../../lib/store/clients.ts';
import { generateClientSecret, hashOfClientSecret } from '../../lib/tokens/client-secrets.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { assertReady } from './assert-ready.ts';
import { CommandFailed } from './command-failed.ts';
import { operatorOf } from './operator.ts';
import { handOver } from './output.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly name: string;
}

/** `rescind client:create`: registers a client and prints its id and, this once, its secret. */
export function clientCreateCommand(): Command {
  return new Command('client:create')
    .description('register a service that may revoke and introspect tokens; prints its secret once')
    .requiredOption('--name <name>', 'what people call it, up to 100 characters')
    .action(createClient);
}

async function createClient(options: Options): Promise<void> {
  const name = options.name.trim();
  const fault = nameFault(name);
  if (fault !== undefined) throw refusal(fault);
  await withDatabase(async (db) => {
    await assertReady(db, 'clients', refusal);
    const secret = generateClientSecret();
    const secretHash = hashOfClientSecret(secret);
    await withStore(db, async ({ clients, audit }) => {
      const client = await clients.create({ name, secretHash });
      await handOver(`client_id=${client.id}\nclient_secret=${secret}`, unwritten).catch((error) =>
        takeBack(clients, client.id, error),
      );
      const details = { client_id: client.id, client_name: client.name };
      const event = { action: 'client_created', user: undefined, details } as const;
      await audit.record(event, operatorOf('client:create'));
    });
  });
}

function unwritten(reason: string): string {
  return `No client was created: its secret could not be printed. ${reason}`;
}

/** A client whose secret nobody has must not stay. */
async function takeBack(clients: Clients, id: string, error: unknown): Promise<never> {
  await clients.delete(id).catch(() => {
    throw new CommandFailed(
      `The client ${id} was created, and its secret could not be printed. Delete it: npm run client:delete -- --id ${id}`,
      EXIT.output,
    );
  });
  throw error;
}

const LONGEST_NAME = 100;

/** A list of clients has a line for each, and must show what is there. */
const NOT_SHOWN = /[\p{C}\p{Zl}\p{Zp}]/u;

function nameFault(name: string): string | undefined {
  if (name === '') return '--name must not be empty.';
  if ([...name].length > LONGEST_NAME) return `--name must be at most ${LONGEST_NAME} characters.`;
  if (NOT_SHOWN.test(name)) return '--name must not contain control or invisible characters.';
  return undefined;
}

function refusal(message: string): CommandFailed {
  return new CommandFailed(`No client was created. ${message}`, EXIT.failed);
}
