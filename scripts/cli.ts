#!/usr/bin/env node
import { Command } from 'commander';
import { answerOf, isOfMongoDb } from '../lib/error-without-data.ts';
import { StoreUnavailable } from '../lib/errors.ts';
import { whyUnreachable } from '../lib/store/why-unreachable.ts';
import { ConfigError } from '../server/config-error.ts';
import { EXIT } from '../server/exit-codes.ts';
import { clientCreateCommand } from './commands/client-create.ts';
import { clientDeleteCommand } from './commands/client-delete.ts';
import { clientListCommand } from './commands/client-list.ts';
import { CommandFailed } from './commands/command-failed.ts';
import { generateSecretCommand } from './commands/generate-secret.ts';
import { migrateCommand } from './commands/migrate.ts';
import { publicKeyCommand } from './commands/public-key.ts';
import { revokeCommand } from './commands/revoke.ts';
import { userCreateCommand } from './commands/user-create.ts';
import { userDisableCommand, userEnableCommand } from './commands/user-disable.ts';
import { userSetPasswordCommand } from './commands/user-set-password.ts';

const program = new Command('rescind')
  .description('An auth server whose logout is true, on one MongoDB.')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 refused, 64 usage, 69 no database, 78 configuration.',
  )
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));

const commands = [
  migrateCommand(),
  generateSecretCommand(),
  publicKeyCommand(),
  userCreateCommand(),
  userSetPasswordCommand(),
  userDisableCommand(),
  userEnableCommand(),
  clientCreateCommand(),
  clientListCommand(),
  clientDeleteCommand(),
  revokeCommand(),
];

for (const command of commands) {
  program.addCommand(command.copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  if (error instanceof ConfigError) return say(error.message, EXIT.config);
  if (error instanceof CommandFailed) return say(error.message, error.exitCode);
  if (error instanceof StoreUnavailable) return say(tellStore(error), EXIT.unavailable);
  if (error instanceof Error && isOfMongoDb(error))
    return say(tellMongoDb(error), EXIT.unavailable);
  throw error;
}

function tellStore({ message, cause }: StoreUnavailable): string {
  if (!(cause instanceof Error)) return message;
  const unreachable = whyUnreachable(cause);
  if (unreachable !== undefined) return unreachable;
  return isOfMongoDb(cause) ? tellMongoDb(cause) : `${message}: ${cause.message}`;
}

/** Not in its own words: they repeat what was asked, and the values of the key that was there twice. */
function tellMongoDb(error: Error): string {
  if ('code' in error) return answerOf(error);
  return `MongoDB did not answer: ${error.name}. Is it running, and is MONGODB_URI right?`;
}

function say(message: string, exitCode: number): number {
  process.stderr.write(`${message}\n`);
  return exitCode;
}
