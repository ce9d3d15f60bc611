import { Command, InvalidArgumentError } from 'commander';
import { AuthError, StoreNotReady } from '../../lib/errors.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';
import { answer, say } from './output.ts';
import { createTargets, type Targets } from './revoke-targets.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

type Options = Partial<Record<keyof Targets, string | true>> & { readonly dryRun?: true };

const TARGETS = ['user', 'token', 'session', 'key', 'everyone'] as const;

/** `rescind revoke`: revokes in the database itself, without the server and without its secrets. */
export function revokeCommand(): Command {
  return new Command('revoke')
    .description('revoke in the database itself, without the server; name exactly one of these')
    .option('--user <id>', 'every token of this user', once)
    .option(
      '--token <file>',
      'the access or refresh token in this file (- is standard input), and its session; the signature is not checked',
      once,
    )
    .option('--session <id>', 'every token of this session', once)
    .option('--key <kid>', 'every token that this key has signed, or ever will', oneKid)
    .option('--everyone', 'every token of everyone')
    .option('--dry-run', 'change nothing; tell what would happen')
    .action(revoke);
}

async function revoke(options: Options, command: Command): Promise<void> {
  const [name, ...others] = TARGETS.filter((target) => options[target] !== undefined);
  if (name === undefined || others.length > 0) {
    command.error(`error: name exactly one of --${TARGETS.join(', --')}`);
  }
  const { [name]: value, dryRun = false } = options;
  await withDatabase((db) =>
    withStore(db, async (store) => {
      await store.revocations.assertKnown(); // first, or a wrong database would seem to lack the user
      const line = await createTargets(store)[name](String(value), dryRun);
      if (dryRun) answer(line);
      else say(line);
    }),
  ).catch(explain);
}

function explain(error: unknown): never {
  const refused = error instanceof AuthError && error.code === 'not_found';
  if (refused) throw new CommandFailed(`Nothing was revoked. ${error.message}.`, EXIT.failed);
  const isNotReady = error instanceof StoreNotReady && error.cause === undefined;
  if (isNotReady) throw new CommandFailed(`Nothing was revoked. ${error.message}.`, EXIT.config);
  throw error;
}

function once(value: string, previous: string | undefined): string {
  if (previous !== undefined) throw new InvalidArgumentError('It may be given only once.');
  return value;
}

function oneKid(value: string, previous: string | undefined): string {
  const isThumbprint =
    value.length === 43 && Buffer.from(value, 'base64url').toString('base64url') === value;
  if (!isThumbprint) throw new InvalidArgumentError('It must be 43 characters of base64url.');
  return once(value, previous);
}
