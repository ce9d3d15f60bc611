import { randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import { AuthError, StoreNotReady } from '../../../../lib/errors.ts';
import { createLoginLimits } from '../../../../lib/store/accounts/login-limits.ts';
import { createUsers } from '../../../../lib/store/accounts/users.ts';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import { createSessions } from '../../../../lib/store/sessions/sessions.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';
import { addUser } from '../../../helpers/users.ts';

const CAUSE = { reason: 'test', revokedBy: 'test' };
const named = () => ({ sessionId: randomUUID(), userId: randomUUID(), ...CAUSE });
const token = () => ({
  ...named(),
  hash: randomBytes(32).toString('base64'),
  expiresAt: Date.now() + MINUTE,
});

interface Write {
  readonly collection: string;
  readonly key: Record<string, 1>;
  /** Called twice: the second one meets the index. */
  write(collections: Collections): Promise<unknown>;
}

const WRITES: Readonly<Record<string, Write>> = {
  'a logout': {
    collection: 'revoked_tokens',
    key: { token_hash: 1 },
    write: (of) => revocationsOn(of).revokeTokenAndSession(token()),
  },
  'the end of a session': {
    collection: 'revoked_tokens',
    key: { token_hash: 1 },
    write: (of) => revocationsOn(of).revokeSessions([named()]),
  },
  'a revoke-all': {
    collection: 'revoked_tokens',
    key: { token_hash: 1 },
    write: (of) => revocationsOn(of).revokeUser(named()),
  },
  'a new user, whose address is free': {
    collection: 'users',
    key: { phone: 1 },
    write: (of) => addUser(of),
  },
  'a new session': {
    collection: 'sessions',
    key: { token: 1 },
    write: (of) =>
      createSessions(of).insert({
        id: randomUUID(),
        userId: randomUUID(),
        stamp: 1,
        ...{ authTime: new Date(), expiresAt: new Date(), endsAt: new Date() },
        ip: '::1',
        userAgent: undefined,
      }),
  },
  'a counted login': {
    collection: 'login_limits',
    key: { name: 1 },
    write: (of) => createLoginLimits(of).takeLogin(`${randomUUID()}@example.com`, '192.0.2.1'),
  },
};

for (const [what, { collection, key, write }] of Object.entries(WRITES)) {
  test(`an E11000 of a foreign index is reported with the name of the index, never with values: ${what}`, async (t) => {
    const { db, collections } = await migratedDatabase(t);
    await db.collection(collection).createIndex(key, { unique: true });
    const twice = async () => {
      await write(collections);
      await write(collections);
    };
    const error = await t.throwsAsync(twice, { instanceOf: StoreNotReady });
    t.is((error as StoreNotReady | undefined)?.remedy, 'plan_migration');
    const [field] = Object.keys(key);
    t.regex(
      error?.message ?? '',
      new RegExp(`^The index ${field}_1 of ${collection} refuses .*Plan a migration`),
    );
  });
}

test('an address that is taken is email_taken, by the index of email alone', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const error = await t.throwsAsync(addUser(collections, { email }), { instanceOf: AuthError });
  t.is((error as AuthError | undefined)?.code, 'email_taken');
  t.is((await createUsers(collections).findAccount(email))?.email, email);
});
