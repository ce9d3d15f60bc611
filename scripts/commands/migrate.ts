import { Command } from 'commander';
import { orUnavailable } from '../../lib/store/database.ts';
import { type MigrationPlan, migrate, planMigration } from '../../lib/store/migrate.ts';
import { SECOND, toSeconds } from '../../lib/time.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  readonly check?: true;
  readonly dryRun?: true;
}

/** `rescind migrate`: makes the database what this version needs, or tells what is different. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('create or mend collections, validators, indexes and the sentinel; safe to repeat')
    .option('--check', 'change nothing; exit 1 when anything is different')
    .option('--dry-run', 'change nothing; tell what would be done')
    .action(async (options: Options) => {
      await withDatabase(async (db, { AUDIT_RETENTION }) => {
        say(`Database ${db.databaseName}`);
        const plan = await orUnavailable(planMigration(db, { auditRetention: AUDIT_RETENTION }));
        refuseConflicts(plan);
        if (options.check) return tellDifferences(plan);
        if (options.dryRun) return tellSteps(plan);
        await orUnavailable(stillWorking(migrate(plan, (description) => say(`  ${description}`))));
        say(plan.steps.length === 0 ? 'Nothing to do.' : `Done: ${plan.steps.length} steps.`);
      });
    });
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
