#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { isMongoError } from '../lib/error-without-data.ts';
import { StoreNotReady, StoreUnavailable } from '../lib/errors.ts';
import { withAdvice } from '../server/advice.ts';
import { ConfigError } from '../server/config/error.ts';
import { EXIT } from '../server/exit-codes.ts';
import { CliError } from './cli/cli-error.ts';
import { clientCreateCommand } from './cli/client-create.ts';
import { clientDeleteCommand } from './cli/client-delete.ts';
import { clientListCommand } from './cli/client-list.ts';
import { describeMongoError, describeStoreError } from './cli/describe-store-error.ts';
import { followersCommand } from './cli/followers.ts';
import { generateSecretCommand } from './cli/generate-secret.ts';
import { migrateCommand } from './cli/migrate.ts';
import { findLostOutput, printResult, surviveOutput } from './cli/output.ts';
import { publicKeyCommand } from './cli/public-key.ts';
import { revokeCommand } from './cli/revoke.ts';
import { userCreateCommand } from './cli/user-create.ts';
import { userDisableCommand, userEnableCommand } from './cli/user-disable.ts';
import { userSetPasswordCommand } from './cli/user-set-password.ts';

const program = new Command('rescind')
  .description('An auth server on MongoDB that rejects a revoked token at once.')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 refused, 64 wrong usage, 69 no database, 74 lost output, 78 wrong configuration.',
  )
  .showHelpAfterError('(use --help for usage)')
  .configureOutput({ writeOut: (text) => printResult(text.trimEnd()) })
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
  followersCommand(),
];

for (const command of commands) {
  program.addCommand(command.copyInheritedSettings(program));
}

surviveOutput();
process.exitCode = await program.parseAsync().then(() => EXIT.ok, reportError);
const lost = await findLostOutput();
if (lost !== undefined) process.exitCode ||= report(lost.sentence, lost.exitCode);

/** Prints the message of an expected error and returns the exit code. Rethrows other errors. */
function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) return report(error.message, error.exitCode);
  if (error instanceof ConfigError || error instanceof StoreNotReady) {
    return report(withAdvice(error), EXIT.config);
  }
  if (error instanceof StoreUnavailable) return report(describeStoreError(error), EXIT.unavailable);
  if (error instanceof Error && isMongoError(error)) {
    return report(describeMongoError(error), EXIT.unavailable);
  }
  throw error;
}

function report(message: string, exitCode: number): number {
  process.stderr.write(`${message}\n`);
  return exitCode;
}
