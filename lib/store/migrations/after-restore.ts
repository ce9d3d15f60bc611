import { randomUUID } from 'node:crypto';
import { StoreNotReady } from '../../errors.ts';
import { type Collections, NAMES, SENTINEL } from '../mongo/collections.ts';
import { LOST_CUTOFFS, revokeEveryoneUpdate } from '../revocations/entry-updates.ts';
import { newestStamps } from '../revocations/newest-stamps.ts';
import { type MigrationPlan, merge, step } from './plan.ts';

const CAUSE = { reason: 'restored', revokedBy: 'rescind migrate' } as const;

/**
 * Plans the steps that make a restored database safe. Revocations may be lost, so every token issued so far is refused.
 * The first step writes the sentinel. The second step copies the sentinel's epoch to `schema`. If the migration stops
 * in between, the epochs differ, and servers respond with 503 until the migration is repeated.
 */
export function planAfterRestore(collections: Collections): MigrationPlan {
  return merge([
    step(`refuse every token issued so far, and give ${NAMES.revokedTokens} a new epoch`, () =>
      moveSentinel(collections),
    ),
    step(`write the new epoch to ${NAMES.schema}`, () => copyEpoch(collections)),
  ]);
}

/** Writes the epoch and the cutoff in one update, so that no server reads a new epoch with an old cutoff. */
async function moveSentinel(collections: Collections): Promise<void> {
  const above = await newestStamps(collections);
  await collections.revokedTokens.updateOne(
    { _id: SENTINEL },
    [
      { $set: { kind: SENTINEL, epoch: { $literal: randomUUID() } } },
      ...revokeEveryoneUpdate(CAUSE, above, Date.now(), LOST_CUTOFFS),
    ],
    { upsert: true },
  );
}

/** Copies the sentinel's epoch to `schema`. Repeats the copy if a concurrent migration has replaced the epoch. */
async function copyEpoch(collections: Collections): Promise<void> {
  let epoch: string;
  do {
    epoch = await readEpoch(collections);
    await collections.schema.updateOne({ _id: 'rescind' }, { $set: { epoch } });
  } while ((await readEpoch(collections)) !== epoch);
}

async function readEpoch({ revokedTokens }: Collections): Promise<string> {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  if (sentinel?.epoch !== undefined) return sentinel.epoch;
  throw new StoreNotReady('migrate_after_restore', 'The sentinel was deleted. Migrate again');
}
