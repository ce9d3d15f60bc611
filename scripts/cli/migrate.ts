import { Command, Option } from 'commander';
import { foreignDocuments } from '../../lib/store/migrations/foreign-data.ts';
import { type MigrationPlan, migrate, planMigration } from '../../lib/store/migrations/migrate.ts';
import { unusableUsers } from '../../lib/store/migrations/unusable-users.ts';
import { type Db, orUnavailable } from '../../lib/store/mongo/database.ts';
import { confirmReads } from '../../lib/store/mongo/strict-reads.ts';
import { SECOND, toSeconds } from '../../lib/time.ts';
import { ADVICE, withAdvice } from '../../server/advice.ts';
import type { DatabaseConfig } from '../../server/config/config.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { cliCaller } from './cli-caller.ts';
import { CliError } from './cli-error.ts';
import { printProgress, printResult } from './output.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly check?: true;
  readonly dryRun?: true;
  readonly afterRestore?: true;
}

/**
 * Migrates the database to the schema of this version. With `--check` or `--dry-run` only prints the differences. With
 * `--after-restore` also revokes every token issued so far. The operator must pass `--after-restore`, because the
 * command cannot detect a restored backup.
 */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'create or repair collections, validators, indexes and the sentinel; safe to repeat',
    )
    .option('--check', 'change nothing; exit 1 if there is any difference')
    .option('--dry-run', 'change nothing; print the steps')
    .addOption(
      new Option(
        '--after-restore',
        'the database is a restored backup: revoke every token issued so far, since revocations after the backup are lost',
      ).conflicts('check'), // --after-restore adds a step, so --check would always find a difference
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 nothing was changed, because of a conflict with another application, or because ' +
        '--check found a difference or warning; 69 no database; 78 wrong configuration or a missing privilege.',
    )
    .action((options: Options) => withDatabase((db, config) => run(db, config, options)));
}

async function run(
  db: Db,
  { AUDIT_RETENTION: auditRetention }: DatabaseConfig,
  { check, dryRun, afterRestore }: Options,
): Promise<void> {
  printProgress(`Database ${db.databaseName}`);
  const plan = await orUnavailable(
    withProgress(planMigration(db, { auditRetention, afterRestore })),
  );
  const warnings = await orUnavailable(withProgress(findWarnings(db, plan)));
  assertNoConflicts(plan, warnings);
  await confirmReads(db); // waits until a majority has every write that the plan relies on
  if (check) return assertNoDifferences(plan, warnings);
  if (dryRun) {
    printWarnings(warnings);
    return printSteps(plan);
  }
  await orUnavailable(
    withProgress(migrate(plan, (description) => printProgress(`  ${description}`))),
  );
  if (plan.steps.length > 0) await confirmReads(db);
  printWarnings(warnings);
  printProgress(plan.steps.length === 0 ? 'Nothing to do.' : `Done: ${plan.steps.length} steps.`);
  if (!afterRestore) return;
  await auditRestore(db);
  printProgress(
    'Users, passwords, clients and revoked keys are as in the backup. Repeat the changes made since the backup: see docs/restore.md.',
  );
}

/** Finds problems that `migrate` does not repair: users who cannot log in, and documents of other applications. */
async function findWarnings(db: Db, { conflicts }: MigrationPlan): Promise<readonly string[]> {
  const users = (await unusableUsers(db)).map(withAdvice);
  if (conflicts.length > 0) return users; // the conflicts already name the documents of other applications
  return [...users, ...(await foreignDocuments(db))];
}

function printWarnings(warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  printProgress('Needs attention:');
  for (const sentence of warnings) printProgress(`  ${sentence}`);
}

/** Records the audit event. Omits the number of sessions, because those opened after the backup cannot be counted. */
function auditRestore(db: Db): Promise<void> {
  const event = {
    action: 'everyone_revoked',
    user: undefined,
    details: { reason: 'restored' },
  } as const;
  return withStore(db, ({ audit }) => audit.record(event, cliCaller('migrate')));
}

const PROGRESS_INTERVAL = 5 * SECOND;

/** Prints every 5 seconds that `work` is still running. */
async function withProgress<T>(work: Promise<T>): Promise<T> {
  const started = performance.now();
  const timer = setInterval(() => {
    printProgress(`    still running after ${toSeconds(performance.now() - started)} s`);
  }, PROGRESS_INTERVAL);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

function assertNoConflicts({ conflicts }: MigrationPlan, warnings: readonly string[]): void {
  if (conflicts.length === 0) return;
  const lines = [...conflicts.map(withAdvice), ...warnings]
    .map((sentence) => `  ${sentence}`)
    .join('\n');
  throw new CliError(EXIT.failed, `Nothing was changed. Conflicts:\n${lines}`);
}

function assertNoDifferences({ steps }: MigrationPlan, warnings: readonly string[]): void {
  if (steps.length + warnings.length === 0) {
    printProgress('No differences.');
    return;
  }
  const toDo = steps.map(({ description }) => `  to do: ${description}`);
  const toSee = warnings.map((sentence) => `  needs attention: ${sentence}`);
  const advice = steps.length === 0 ? '' : `\n${ADVICE.migrate}`;
  const lines = [...toDo, ...toSee].join('\n');
  throw new CliError(EXIT.failed, `Nothing was changed. Differences:\n${lines}${advice}`);
}

function printSteps({ steps }: MigrationPlan): void {
  for (const { description } of steps) printResult(`  would ${description}`);
  printResult(
    steps.length === 0 ? 'Nothing to do.' : `${steps.length} steps; nothing was changed.`,
  );
}
