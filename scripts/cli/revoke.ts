import { Command, InvalidArgumentError } from 'commander';
import { AuthError, StoreNotReady } from '../../lib/errors.ts';
import { withAdvice } from '../../server/advice.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from './cli-error.ts';
import { printProgress, printResult } from './output.ts';
import { createTargets, type Targets } from './revoke-targets.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

type Options = Partial<Record<keyof Targets, string | true>> & { readonly dryRun?: true };

const TARGETS = ['user', 'token', 'session', 'key', 'everyone'] as const;

/** Revokes tokens directly in the database. Needs neither the server nor its secrets. */
export function revokeCommand(): Command {
  return new Command('revoke')
    .description('revoke directly in the database, without the server; name exactly one target')
    .option('--user <id>', 'every token of this user', once)
    .option(
      '--token <file>',
      'the access or refresh token in this file (- is standard input), and its session; the signature is not checked',
      once,
    )
    .option('--session <id>', 'every token of this session', once)
    .option('--key <kid>', 'every token that this key has signed or will sign', parseKid)
    .option('--everyone', 'every token of everyone')
    .option('--dry-run', 'change nothing; print the effect')
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
      await store.revocations.assertSentinel(); // first, so that a wrong database is not reported as an unknown user
      const line = await createTargets(store)[name](String(value), dryRun);
      if (dryRun) return printResult(line);
      printProgress(line);
      store.printSettled();
    }),
  ).catch(explain);
}

function explain(error: unknown): never {
  const refused = error instanceof AuthError && error.code === 'not_found';
  if (refused) throw new CliError(EXIT.failed, `Nothing was revoked. ${error.message}.`);
  const isNotReady = error instanceof StoreNotReady && error.cause === undefined;
  if (!isNotReady) throw error;
  throw new CliError(EXIT.config, `Nothing was revoked. ${withAdvice(error)}`);
}

function once(value: string, previous: string | undefined): string {
  if (previous !== undefined) throw new InvalidArgumentError('It may be given only once.');
  return value;
}

function parseKid(value: string, previous: string | undefined): string {
  const isThumbprint =
    value.length === 43 && Buffer.from(value, 'base64url').toString('base64url') === value;
  if (!isThumbprint) throw new InvalidArgumentError('It must be 43 characters of base64url.');
  return once(value, previous);
}
