import { randomUUID } from 'node:crypto';
import { StoreNotReady } from '../errors.ts';
import { type MigrationPlan, merge, step } from './collection-plan.ts';
import type { Collections } from './collections.ts';
import { newestStamps } from './newest-stamps.ts';
import { everyoneEntry, LOST_CUTOFFS } from './revocation-entries.ts';
import { SENTINEL } from './revocation-keys.ts';

const CAUSE = { reason: 'restored', revokedBy: 'rescind migrate' } as const;

/**
 * What makes a restored database safe: every token issued so far is refused, whatever of its revocation
 * was lost. The sentinel goes first. Where it breaks off between the two, servers find an epoch that
 * `schema` does not have, and answer 503 until it is done again.
 */
export function planAfterRestore(collections: Collections): MigrationPlan {
  return merge([
    step('refuse every token issued so far, and give revoked_tokens a new epoch', () =>
      moveSentinel(collections),
    ),
    step('note that epoch in schema', () => noteEpoch(collections)),
  ]);
}

/** Epoch and cutoff in one update: no server takes over the one without the other. */
async function moveSentinel(collections: Collections): Promise<void> {
  const above = await newestStamps(collections);
  await collections.revokedTokens.updateOne(
    { _id: SENTINEL },
    [
      { $set: { kind: SENTINEL, epoch: { $literal: randomUUID() } } },
      ...everyoneEntry(CAUSE, above, Date.now(), LOST_CUTOFFS),
    ],
    { upsert: true },
  );
}

/** Another one at the same time may have moved the sentinel on: the epoch that it has in the end counts. */
async function noteEpoch(collections: Collections): Promise<void> {
  let epoch: string;
  do {
    epoch = await epochOf(collections);
    await collections.schema.updateOne({ _id: 'rescind' }, { $set: { epoch } });
  } while ((await epochOf(collections)) !== epoch);
}

async function epochOf({ revokedTokens }: Collections): Promise<string> {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  if (sentinel?.epoch !== undefined) return sentinel.epoch;
  throw new StoreNotReady('The sentinel was lost meanwhile. Run the same command again');
}
