import { Command, Option } from 'commander';
import { type Db, orUnavailable } from '../../lib/store/database.ts';
import { foreignDocuments } from '../../lib/store/foreign-data.ts';
import { type MigrationPlan, migrate, planMigration } from '../../lib/store/migrate.ts';
import { confirmReads } from '../../lib/store/strict-reads.ts';
import { unusableUsers } from '../../lib/store/unusable-users.ts';
import { SECOND, toSeconds } from '../../lib/time.ts';
import type { DatabaseConfig } from '../../server/config.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';
import { operatorOf } from './operator.ts';
import { answer, say } from './output.ts';
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
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 something of another application is in the way and nothing was changed, or with ' +
        '--check anything is different or needs attention; 69 no database; 78 configuration, or a missing privilege.',
    )
    .action((options: Options) => withDatabase((db, config) => run(db, config, options)));
}

async function run(
  db: Db,
  { AUDIT_RETENTION: auditRetention }: DatabaseConfig,
  { check, dryRun, afterRestore }: Options,
): Promise<void> {
  say(`Database ${db.databaseName}`);
  const plan = await orUnavailable(
    stillWorking(planMigration(db, { auditRetention, afterRestore })),
  );
  const attention = await orUnavailable(stillWorking(needAttention(db, plan)));
  refuseConflicts(plan, attention);
  await confirmReads(db); // an earlier migrate may have been seen that no majority has
  if (check) return tellDifferences(plan, attention);
  if (dryRun) {
    tellAttention(attention);
    return tellSteps(plan);
  }
  await orUnavailable(stillWorking(migrate(plan, (description) => say(`  ${description}`))));
  if (plan.steps.length > 0) await confirmReads(db);
  tellAttention(attention);
  say(plan.steps.length === 0 ? 'Nothing to do.' : `Done: ${plan.steps.length} steps.`);
  if (!afterRestore) return;
  await auditRestore(db);
  say('Users, passwords, clients and revoked keys are as in the backup: see docs/restore.md.');
}

/** Names what `migrate` does not mend: users who cannot log in, and strangers among the documents. */
async function needAttention(db: Db, { conflicts }: MigrationPlan): Promise<readonly string[]> {
  if (conflicts.length > 0) return unusableUsers(db); // strangers are among the conflicts
  return [...(await unusableUsers(db)), ...(await foreignDocuments(db))];
}

function tellAttention(attention: readonly string[]): void {
  if (attention.length === 0) return;
  say('Needs attention:');
  for (const sentence of attention) say(`  ${sentence}`);
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

function refuseConflicts({ conflicts }: MigrationPlan, attention: readonly string[]): void {
  if (conflicts.length === 0) return;
  const lines = [...conflicts, ...attention].map((sentence) => `  ${sentence}`).join('\n');
  throw new CommandFailed(`Nothing was changed. In the way:\n${lines}`, EXIT.failed);
}

function tellDifferences({ steps }: MigrationPlan, attention: readonly string[]): void {
  if (steps.length + attention.length === 0) {
    say('Nothing is different.');
    return;
  }
  const toDo = steps.map(({ description }) => `  to do: ${description}`);
  const toSee = attention.map((sentence) => `  needs attention: ${sentence}`);
  const advice = steps.length === 0 ? '' : '\nRun: npm run migrate';
  const lines = [...toDo, ...toSee].join('\n');
  throw new CommandFailed(`Nothing was changed. Different:\n${lines}${advice}`, EXIT.failed);
}

function tellSteps({ steps }: MigrationPlan): void {
  for (const { description } of steps) answer(`  would ${description}`);
  answer(steps.length === 0 ? 'Nothing to do.' : `${steps.length} steps; nothing was changed.`);
}
