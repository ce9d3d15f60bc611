import test from 'ava';
import { Binary, Timestamp } from 'mongodb';
import { applyChange } from '../../../../lib/store/followers/changes.ts';
import type { FeedEvent } from '../../../../lib/store/followers/feed.ts';
import { createVersions, toSlot } from '../../../../lib/store/followers/versions.ts';

const TOKEN = new Binary(Buffer.alloc(32, 7));

function event(change: Partial<FeedEvent>): FeedEvent {
  return {
    _id: {},
    operationType: 'update',
    clusterTime: new Timestamp({ t: 1, i: 1 }),
    ...change,
  };
}

test('a slot is unchanged until a change that is newer than the read', (t) => {
  const versions = createVersions();
  const [mine, other] = [toSlot('revoked_tokens', 'session:a'), toSlot('revoked_tokens', TOKEN)];
  t.not(mine, other);
  const version = versions.last();
  versions.change(other);
  t.true(versions.isUnchanged(mine, version));
  t.false(versions.isUnchanged(mine + other, version));
  t.true(versions.isUnchanged(mine + other, versions.last()));
  versions.changeEverything();
  t.false(versions.isUnchanged(mine, version));
  t.true(versions.isUnchanged(mine + other, versions.last()));
});

test('slots are spread, and depend on the collection', (t) => {
  const slots = Array.from({ length: 10_000 }, (_, n) => toSlot('revoked_tokens', `session:${n}`));
  t.true(slots.every((slot) => slot.length === 1));
  t.true(new Set(slots).size > 8_000); // 9,290 of 10,000 are expected
  t.not(toSlot('users', 'a'), toSlot('clients', 'a'));
});

const ONE_DOCUMENT: readonly Partial<FeedEvent>[] = [
  { ns: { coll: 'revoked_tokens' }, operationType: 'insert', documentKey: { _id: TOKEN } },
  { ns: { coll: 'revoked_tokens' }, documentKey: { _id: 'session:a' } },
  { ns: { coll: 'users' }, operationType: 'replace', documentKey: { _id: 'u' } },
  { ns: { coll: 'users' }, operationType: 'delete', documentKey: { _id: 'u' } },
  { ns: { coll: 'clients' }, operationType: 'delete', documentKey: { _id: 'c' } },
];

test('a change of a document makes its slot newer, and no other', (t) => {
  for (const change of ONE_DOCUMENT) {
    const versions = createVersions();
    applyChange(versions, event(change));
    const { _id } = change.documentKey as { _id: Binary | string };
    const slot = toSlot(change.ns?.coll ?? '', _id);
    t.false(versions.isUnchanged(slot, 0), JSON.stringify(change));
    const next = String.fromCharCode(slot.charCodeAt(0) ^ 1);
    t.true(versions.isUnchanged(next, 0), JSON.stringify(change));
  }
});

const EVERYTHING: readonly Partial<FeedEvent>[] = [
  { ns: { coll: 'revoked_tokens' }, documentKey: { _id: 'deployment' } },
  { ns: { coll: 'revoked_tokens' }, operationType: 'delete', documentKey: { _id: 'deployment' } },
  { ns: { coll: 'users' }, documentKey: { _id: 7 } },
  { ns: { coll: 'users' }, operationType: 'drop' },
  { ns: { coll: 'users' }, operationType: 'rename', to: { coll: 'others' } },
  { ns: { coll: 'others' }, operationType: 'rename', to: { coll: 'revoked_tokens' } },
  { ns: { coll: 'followers' }, operationType: 'drop' },
  { operationType: 'dropDatabase' },
  { operationType: 'invalidate' },
  { ns: { coll: 'users' }, operationType: 'somethingNew', documentKey: { _id: 'u' } },
];

test('the sentinel, a lost collection and every unknown change make everything out of date', (t) => {
  for (const change of EVERYTHING) {
    const versions = createVersions();
    applyChange(versions, event(change));
    t.false(versions.isUnchanged('\0', 0), JSON.stringify(change));
  }
});
