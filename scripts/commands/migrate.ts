import { Command, Option } from 'commander';
import { type Db, orUnavailable } from '../../lib/store/database.ts';
import { type MigrationPlan, migrate, planMigration } from '../../lib/store/migrate.ts';
import { SECOND, toSeconds } from '../../lib/time.ts';
import type { DatabaseConfig } from '../../server/config.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';
import { operatorOf } from './operator.ts';
import { withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly check?: true;
  readonly dryRun?: true;
  readonly afterRestore?: true;
}

/**
 * `rescind migrate`: makes the database what this version needs, or tells what is different. After a restore
 * it refuses every token issued so far as well: from inside a backup cannot be told from what it is a copy of.
 */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('create or mend collections, validators, indexes and the sentinel; safe to repeat')
    .option('--check', 'change nothing; exit 1 when anything is different')
    .option('--dry-run', 'change nothing; tell what would be done')
    .addOption(
      new Option(
        '--after-restore',
        'the database is a restored backup: refuse every token issued so far, since later revocations are lost',
      ).conflicts('check'), // it would always be different
    )
    .action((options: Options) => withDatabase((db, config) => run(db, config, options)));
}

async function run(
  db: Db,
  { AUDIT_RETENTION: auditRetention }: DatabaseConfig,
  { check, dryRun, afterRestore }: Options,
): Promise<void> {
  say(`Database ${db.databaseName}`);
  const plan = await orUnavailable(planMigration(db, { auditRetention, afterRestore }));
  refuseConflicts(plan);
  if (check) return tellDifferences(plan);
  if (dryRun) return tellSteps(plan);
  await orUnavailable(stillWorking(migrate(plan, (description) => say(`  ${description}`))));
  say(plan.steps.length === 0 ? 'Nothing to do.' : `Done: ${plan.steps.length} steps.`);
  if (!afterRestore) return;
  await auditRestore(db);
  say('Users, passwords, clients and revoked keys are as in the backup: see docs/restore.md.');
}

/** Without a number of sessions: those of the lost tokens are lost too. */
function auditRestore(db: Db): Promise<void> {
  const event = {
    action: 'everyone_revoked',
    user: undefined,
    details: { reason: 'restored' },
  } as const;
  return withStore(db, ({ audit }) => audit.record(event, operatorOf('migrate')));
}

const NEWS_EVERY = 5 * SECOND;

/** Tells every 5 seconds that a long step goes on. */
async function stillWorking<T>(work: Promise<T>): Promise<T> {
  const started = performance.now();
  const tell = () => say(`    still at it after ${toSeconds(performance.now() - started)} s`);
  const timer = setInterval(tell, NEWS_EVERY);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

function refuseConflicts({ conflicts }: MigrationPlan): void {
  if (conflicts.length === 0) return;
  const lines = conflicts.map((sentence) => `  ${sentence}`).join('\n');
  throw new CommandFailed(`Nothing was changed. In the way:\n${lines}`, EXIT.failed);
}

function tellDifferences({ steps }: MigrationPlan): void {
  if (steps.length === 0) {
    say('Nothing is different.');
    return;
  }
  const lines = steps.map(({ description }) => `  to do: ${description}`).join('\n');
  throw new CommandFailed(
    `Nothing was changed. Different:\n${lines}\nRun: npm run migrate`,
    EXIT.failed,
  );
}

function tellSteps({ steps }: MigrationPlan): void {
  for (const { description } of steps) say(`  would ${description}`);
  say(steps.length === 0 ? 'Nothing to do.' : `${steps.length} steps; nothing was changed.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
