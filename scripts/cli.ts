#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { isOfMongoDb } from '../lib/error-without-data.ts';
import { StoreNotReady, StoreUnavailable } from '../lib/errors.ts';
import { ConfigError } from '../server/config-error.ts';
import { EXIT } from '../server/exit-codes.ts';
import { clientCreateCommand } from './cli/client-create.ts';
import { clientDeleteCommand } from './cli/client-delete.ts';
import { clientListCommand } from './cli/client-list.ts';
import { CommandFailed } from './cli/command-failed.ts';
import { describeMongoError, describeStoreError } from './cli/describe-store-error.ts';
import { generateSecretCommand } from './cli/generate-secret.ts';
import { migrateCommand } from './cli/migrate.ts';
import { answer, lostOutput, surviveOutput } from './cli/output.ts';
import { publicKeyCommand } from './cli/public-key.ts';
import { revokeCommand } from './cli/revoke.ts';
import { userCreateCommand } from './cli/user-create.ts';
import { userDisableCommand, userEnableCommand } from './cli/user-disable.ts';
import { userSetPasswordCommand } from './cli/user-set-password.ts';

const program = new Command('rescind')
  .description('An auth server whose logout is true, on one MongoDB.')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 refused, 64 usage, 69 no database, 74 output, 78 configuration.',
  )
  .showHelpAfterError('(--help shows what there is)')
  .configureOutput({ writeOut: (text) => answer(text.trimEnd()) })
  .exitOverride();

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

surviveOutput();
process.exitCode = await program.parseAsync().then(() => EXIT.ok, tell);
const lost = await lostOutput();
if (lost !== undefined) process.exitCode ||= say(lost.sentence, lost.exitCode);

function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError) return say(error.message, EXIT.config);
  if (error instanceof CommandFailed) return say(error.message, error.exitCode);
  if (error instanceof StoreNotReady) return say(error.message, EXIT.config);
  if (error instanceof StoreUnavailable) return say(describeStoreError(error), EXIT.unavailable);
  if (error instanceof Error && isOfMongoDb(error)) {
    return say(describeMongoError(error), EXIT.unavailable);
  }
  throw error;
}

function say(message: string, exitCode: number): number {
  process.stderr.write(`${message}\n`);
  return exitCode;
}
