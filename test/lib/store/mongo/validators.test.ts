import { randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import { type Document, Long } from 'mongodb';
import {
  clientEntry,
  sessionEntry,
  toId,
  tokenEntry,
  userEntry,
} from '../../../../lib/store/revocations/entry-ids.ts';
import { migratedDatabase } from '../../../helpers/database.ts';

const VALIDATION_FAILED = 121;

const date = new Date();
const inADay = new Date(date.getTime() + 86_400_000);
const shared = {
  revoked_at: date,
  writes: 1,
  fenced_writes: 1,
  user_id: 'u',
  reason: 'test',
  revoked_by: 'u',
};

interface Shape {
  readonly collection: string;
  /** A new one that fits. */
  readonly fitting: () => Document;
  /** Each would make it wrong: these values, or their absence. */
  readonly wrong: readonly Document[];
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'a revoked token': {
    collection: 'revoked_tokens',
    fitting: () => ({
      _id: toId(tokenEntry(randomBytes(32).toString('base64'))),
      kind: 'token',
      ...shared,
      expires_at: inADay,
    }),
    wrong: [
      ...notDates('expires_at', 'revoked_at'),
      { writes: 'many' },
      { writes: 2 },
      { fenced_writes: 2 },
      { fenced_writes: undefined },
      { writes: 1, fenced_writes: 1.5 },
      { user_id: 7 },
      { _id: 'a string' },
      { kind: 'tokens' },
    ],
  },
  'a revoked session': {
    collection: 'revoked_tokens',
    fitting: () => ({
      _id: sessionEntry(randomUUID()),
      kind: 'session',
      ...shared,
      expires_at: inADay,
    }),
    wrong: [...notDates('expires_at', 'revoked_at'), { _id: 7 }, { user_id: null }],
  },
  'a revoked client': {
    collection: 'revoked_tokens',
    fitting: () => ({ _id: clientEntry(randomUUID()), kind: 'client', ...shared }),
    wrong: [...notDates('revoked_at'), { _id: 7 }, { expires_at: inADay }],
  },
  "a user's cutoff": {
    collection: 'revoked_tokens',
    fitting: () => ({
      _id: userEntry(randomUUID()),
      kind: 'user',
      ...shared,
      revoked_before: date,
    }),
    wrong: [
      ...notDates('revoked_before', 'revoked_at'),
      { _id: 7 },
      { expires_at: inADay }, // The TTL index would delete the cutoff, and so un-revoke.
    ],
  },
  'a sentinel': {
    collection: 'revoked_tokens',
    fitting: () => ({
      _id: `deployment ${randomUUID()}`,
      kind: 'deployment',
      ...shared,
      revoked_before: date,
      epoch: 'e',
    }),
    wrong: [...notDates('revoked_before', 'revoked_at'), { epoch: 7 }, { expires_at: inADay }],
  },
  'a user': {
    collection: 'users',
    fitting: () => ({
      _id: randomUUID(),
      email: `${randomUUID()}@example.com`,
      company_id: 'c',
      name: 'n',
      roles: ['admin'],
      password_hash: 'h',
      password_changed_at: date,
      disabled_at: null,
      created_at: date,
      updated_at: date,
    }),
    wrong: [
      ...notDates('password_changed_at', 'created_at', 'updated_at'),
      { disabled_at: false },
      { disabled_at: date.toISOString() },
      { email: null },
      { roles: 'admin' },
      { roles: [1] },
      { _id: 7 },
    ],
  },
  'a session': {
    collection: 'sessions',
    fitting: () => ({
      _id: randomUUID(),
      user_id: 'u',
      stamp: date,
      auth_time: date,
      expires_at: inADay,
      ends_at: inADay,
      last_used_at: date,
    }),
    wrong: [...notDates('stamp', 'expires_at', 'ends_at'), { user_id: 7 }, { _id: 7 }],
  },
  'an audit event': {
    collection: 'audit_events',
    fitting: () => ({ at: date, action: 'user_login' }),
    wrong: [...notDates('at'), { action: null }],
  },
};

for (const [what, { collection, fitting, wrong }] of Object.entries(SHAPES)) {
  test(`${what} of the right types is accepted, of wrong ones refused`, async (t) => {
    const { db } = await migratedDatabase(t);
    await t.notThrowsAsync(db.collection(collection).insertOne(fitting()));
    for (const change of wrong) {
      const document = withoutUndefined({ ...fitting(), ...change });
      const inserted = db.collection(collection).insertOne(document);
      const [[name, value] = []] = Object.entries(change);
      await t.throwsAsync(inserted, { code: VALIDATION_FAILED }, `${name}: ${value}`);
    }
  });
}

test('an update that would make a TTL field no Date is refused too', async (t) => {
  const { db } = await migratedDatabase(t);
  const { collection, fitting } = SHAPES['a revoked session'] as Shape;
  const document = fitting();
  await db.collection(collection).insertOne(document);
  const seconds = db
    .collection(collection)
    .updateOne({ _id: document['_id'] }, { $set: { expires_at: Date.now() / 1000 } });
  await t.throwsAsync(seconds, { code: VALIDATION_FAILED });
});

/** Values that people write for a time, and that a TTL index ignores for ever. */
function notDates(...fields: string[]): Document[] {
  const times = [
    date.getTime(),
    Long.fromNumber(date.getTime()),
    date.toISOString(),
    null,
    undefined,
  ];
  return fields.flatMap((field) => times.map((time) => ({ [field]: time })));
}

function withoutUndefined(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
