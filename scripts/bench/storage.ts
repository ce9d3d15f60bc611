/** What an entry takes in the database. */
import { connect } from '../../lib/store/database.ts';
import { type Collected, unlessFailed } from './collected.ts';
import type { StorageReading } from './results.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';

export function storageSteps(
  stage: Stage,
  entries: ReadonlySet<number>,
  collected: Collected,
): readonly Step[] {
  return [
    {
      title: 'reading the size of the databases',
      seconds: 1,
      perform: () =>
        unlessFailed(collected, 'storage', async () => {
          for (const count of entries) collected.storage.push(await readStorage(stage, count));
        }),
    },
  ];
}

async function readStorage(stage: Stage, entries: number): Promise<StorageReading> {
  const { db, close } = connect(stage.databaseUri(entries));
  try {
    const stats = await db.command({ collStats: 'revoked_tokens' });
    return {
      entries: stats['count'],
      data: stats['size'],
      disk: stats['storageSize'],
      indexes: stats['indexSizes'],
    };
  } finally {
    await close();
  }
}
