import test from 'ava';
import { createFollowerDocuments } from '../../../../lib/store/followers/documents.ts';
import { createStaleDocuments } from '../../../../lib/store/followers/stale-documents.ts';
import type { FollowerDocument } from '../../../../lib/store/mongo/collections.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { until } from './open-follower.ts';

const LEASE = 150;

function document(renewals: number): FollowerDocument {
  const began = { wall: 0, mono: 0 };
  const renewed_at = new Date();
  return {
    _id: 'a',
    lease: LEASE,
    position: null,
    began,
    renewals,
    host: 'h',
    version: 'v',
    renewed_at,
  };
}

/** Creates what watches the documents, and records what it deletes. */
function watchStale() {
  const removed: number[] = [];
  const stale = createStaleDocuments({
    removeUnchanged: async ({ renewals }) => removed.push(renewals) > 0,
  });
  return { ...stale, removed };
}

test('a document is stale after it stood unchanged for 1.1 of its lease', async (t) => {
  const { observe, removed } = watchStale();
  const first = performance.now();
  observe([document(1)], first);
  await until('The deletion', () => {
    observe([document(1)], performance.now());
    return removed.length > 0;
  });
  t.true(performance.now() - first >= 1.1 * LEASE);
  t.is(removed[0], 1);
});

test('a renewal in between keeps a document', async (t) => {
  const { observe, removed } = watchStale();
  const first = performance.now();
  for (let renewals = 1; performance.now() - first < 2 * LEASE; renewals++) {
    observe([document(renewals)], performance.now());
    const last = performance.now();
    await until('Some time', () => performance.now() > last);
  }
  t.deepEqual(removed, []);
});

test('the time between reads that are more than a third of a lease apart does not count', async (t) => {
  const { observe, removed } = watchStale();
  for (let reads = 0; reads < 6; reads++) {
    observe([document(1)], performance.now());
    const last = performance.now();
    await until('A third of the lease', () => performance.now() - last > LEASE / 3 + 1);
  }
  t.deepEqual(
    removed,
    [],
    'two leases have passed, and no read was close enough to the one before',
  );
});

test('a document that was renewed after the read is not deleted', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const documents = createFollowerDocuments(db.client, collections);
  const { renewed_at: _, ...fields } = document(1);
  await documents.insert(fields);
  await documents.renew('a', null, { wall: 1, mono: 1 });
  t.false(await documents.removeUnchanged(fields));
  t.true(await documents.removeUnchanged({ ...fields, renewals: 2 }));
  t.false(await documents.renew('a', null, { wall: 2, mono: 2 }), 'no renewal brings it back');
});
