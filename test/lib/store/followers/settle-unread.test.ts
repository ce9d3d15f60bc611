/** A role of an earlier version, which may not read `followers`. */
import test, { type ExecutionContext } from 'ava';
import { StoreNotReady } from '../../../../lib/errors.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { underFault } from '../../../helpers/failpoint.ts';
import { openFollower, revokeSession } from './open-follower.ts';

/** Refuses every read of this database's `followers`. */
function refuseFollowers(name: string) {
  const namespace = `${name}.followers`;
  return { mode: { skip: 0 }, failCommands: ['find'], errorCode: 13, namespace } as const;
}

async function settleRefused(t: ExecutionContext, version: number) {
  const { db, collections } = await migratedDatabase(t);
  await collections.schema.updateOne({ _id: 'rescind' }, { $set: { version } });
  const { follower } = openFollower(t, db);
  const written = await revokeSession(db);
  return underFault(refuseFollowers(db.databaseName), () => follower.settle(written, MINUTE));
}

test.serial(
  'nobody follows on the schema before, so a revocation needs no right to read followers',
  async (t) => {
    t.like(await settleRefused(t, 3), { followers: 0, reached: 0 });
    t.like(await settleRefused(t, 3.5), { followers: 0 }, 'while it is migrated');
  },
);

test.serial(
  'on the schema of this version the revocation fails at once, with what an operator has to do',
  async (t) => {
    const error = await t.throwsAsync(settleRefused(t, 4), { instanceOf: StoreNotReady });
    t.is(error?.remedy, 'grant_access');
  },
);
