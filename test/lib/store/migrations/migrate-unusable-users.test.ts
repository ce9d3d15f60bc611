import test from 'ava';
import { type Db, type Document, ObjectId } from 'mongodb';
import { migratedDatabase } from '../../../helpers/database.ts';
import { rescind } from '../../../helpers/processes.ts';
import { PASSWORD_HASH, userDocument as user } from '../../../helpers/users.ts';

interface CannotLogIn {
  readonly changes: Document;
  readonly message: RegExp;
}

const CANNOT_LOG_IN: Readonly<Record<string, CannotLogIn>> = {
  'an ObjectId': {
    changes: { _id: new ObjectId() },
    message: /1 user has an _id .*for example.*[0-9a-f]{24}/,
  },
  'an id of 129 characters': { changes: { _id: 'x'.repeat(129) }, message: /1 user has an _id/ },
  'an empty id': { changes: { _id: '' }, message: /1 user has an _id .*_id ""/ },
  'a number for an id': { changes: { _id: 7 }, message: /1 user has an _id .*_id 7/ },
  'an address with capitals': {
    changes: { email: 'Ann@Example.com' },
    message: /normal form.*"\S+"/,
  },
  'an address with a space': { changes: { email: ' ann@example.com' }, message: /normal form/ },
  'an address with a line break': {
    changes: { email: 'ann@example.com\n' },
    message: /normal form/,
  },
  'an address outside ASCII': { changes: { email: 'jürgen@example.com' }, message: /normal form/ },
  argon2: {
    changes: { password_hash: '$argon2id$v=19$m=65536' },
    message: /unsupported kind or cost.*Run: npm run user:set-password/,
  },
  'bcrypt of cost 4': {
    changes: { password_hash: PASSWORD_HASH.replace('$10$', '$04$') },
    message: /unsupported kind or cost.*Run: npm run user:set-password/,
  },
  'no hash': {
    changes: { password_hash: undefined },
    message: /a field missing or of the wrong type/,
  },
  'roles as a text': {
    changes: { roles: 'admin' },
    message: /a field missing or of the wrong type/,
  },
  'no disabled_at': { changes: { disabled_at: undefined }, message: /a field missing/ },
};

test('users who cannot log in are reported with their number and an example: migrate exits 0, --check 1', async (t) => {
  for (const [what, { changes, message }] of Object.entries(CANNOT_LOG_IN)) {
    const { uri, db } = await migratedDatabase(t);
    const env = { MONGODB_URI: uri };
    await insertPast(db, user(), user(changes));
    const check = await rescind(t, ['migrate', '--check'], { env });
    t.is(check.code, 1, what);
    t.regex(check.stderr, message, what);
    t.is(check.stderr.match(/needs attention/g)?.length, 1, `${what}: ${check.stderr}`);
    t.false(check.stderr.includes('$2b$'), what);
    for (const option of [[], ['--dry-run']]) {
      const { code, stdout } = await rescind(t, ['migrate', ...option], { env });
      t.is(code, 0, what);
      t.regex(stdout, message, what);
    }
  }
});

test('users with the same fault are reported in one sentence, with their number and one of them', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  const pairs: readonly (readonly [Document, Document])[] = [
    [{ _id: 7 }, { _id: 8 }],
    [{ email: 'Ann@example.com' }, { email: 'Bob@example.com' }],
    [{ password_hash: '$argon2id$v=19' }, { password_hash: 'plain' }],
    [{ roles: undefined }, { roles: 'admin' }],
  ];
  await insertPast(db, user(), ...pairs.flat().map(user));
  const { stderr } = await rescind(t, ['migrate', '--check'], { env: { MONGODB_URI: uri } });
  const reported = [...stderr.matchAll(/: 2 users have (.+), for example _id \S+:/g)];
  t.is(reported.length, pairs.length, stderr);
  for (const is of [/an _id/, /normal form/, /unsupported kind or cost/, /a field missing/]) {
    t.is(reported.filter(([, fault = '']) => is.test(fault)).length, 1, String(is));
  }
});

test('any string of 1 to 128 characters is an id, and no fault', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await insertPast(
    db,
    ...['a', 'x'.repeat(128), '😀'.repeat(128), 'a\nb'].map((_id) => user({ _id })),
  );
  const { code, stdout, stderr } = await rescind(t, ['migrate', '--check'], {
    env: { MONGODB_URI: uri },
  });
  t.is(code, 0, stdout + stderr);
});

function insertPast(db: Db, ...documents: Document[]): Promise<unknown> {
  const options = { bypassDocumentValidation: true, ignoreUndefined: true };
  return db.collection('users').insertMany(documents as never, options);
}
