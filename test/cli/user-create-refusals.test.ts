import test from 'ava';
import { emptyDatabase, migratedDatabase } from '../helpers/database.ts';
import { type Finished, rescind } from '../helpers/processes.ts';

/** Refused commands do not connect to it. */
const NOWHERE = { MONGODB_URI: 'mongodb://127.0.0.1:1/rescind' };
const GOOD = 'correct horse battery';
const ANN = ['user:create', '--email', 'ann@example.com', '--company', 'acme'];

const REFUSED: readonly (readonly [
  what: string,
  email: string,
  password: string,
  message: RegExp,
])[] = [
  ['no e-mail address', 'ann', 'p', /--email is not a valid ASCII e-mail address/],
  ['an e-mail address with other letters', 'änn@example.com', 'p', /--email is not a valid ASCII/],
  ['an empty password', 'ann@example.com', '\n', /The password must not be empty/],
  [
    'a password of 37 characters and 74 bytes',
    'ann@example.com',
    'ä'.repeat(37),
    /at most 72 bytes/,
  ],
  ['a password with a NUL', 'ann@example.com', 'a\0b', /must not contain a NUL character/],
];

for (const [what, email, password, message] of REFUSED) {
  test.serial(`user:create refuses ${what}: exit 1, and never repeats the password`, async (t) => {
    const args = ['user:create', '--email', email, '--company', 'acme'];
    const { code, stdout, stderr } = await rescind(t, args, { env: NOWHERE, input: password });
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, /^No user was created\. /);
    t.regex(stderr, message);
    if (password.length > 5) t.false(stderr.includes(password));
  });
}

test.serial(
  'user:create on a database that is not migrated names the command to run',
  async (t) => {
    const { uri, db } = emptyDatabase(t);
    const { code, stderr } = await rescind(t, ANN, { env: { MONGODB_URI: uri }, input: GOOD });
    t.is(code, 1);
    t.regex(stderr, /^No user was created\. The database is not migrated\. Run: npm run migrate$/m);
    t.deepEqual(await db.listCollections().toArray(), []);
  },
);

test.serial(
  'user:create on a database with a conflict creates nobody: e-mail addresses may not be unique',
  async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    await collections.users.dropIndex('email_1');
    await collections.users.createIndex({ email: 1 });
    const { code, stderr } = await rescind(t, ANN, { env: { MONGODB_URI: uri }, input: GOOD });
    t.is(code, 1, stderr);
    t.regex(stderr, /npm run migrate/);
    t.is(await collections.users.countDocuments(), 0);
  },
);

const USAGE: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ['an unknown option', [...ANN, '--admin'], /unknown option '--admin'/],
  ['no --email', ['user:create', '--company', 'acme'], /'--email <address>' not specified/],
  ['no --company', ['user:create', '--email', 'a@b.c'], /'--company <id>' not specified/],
  ['an argument too many', [...ANN, 'ann'], /too many arguments/],
  ['an unknown option of migrate', ['migrate', '--force'], /unknown option '--force'/],
  ['an unknown command', ['user:delete'], /unknown command 'user:delete'/],
  ['no command', [], /Usage: rescind/],
];

for (const [what, args, message] of USAGE) {
  test.serial(`${what} is a usage error: exit 64`, async (t) => {
    const { code, stdout, stderr } = await rescind(t, args, { env: NOWHERE });
    t.deepEqual([code, stdout], [64, '']);
    t.regex(stderr, message);
  });
}

const SET_PASSWORD = ['user:set-password', '--email', 'ann@example.com'];
const DISABLE = ['user:disable', '--email', 'ann@example.com'];

for (const args of [['migrate'], ['migrate', '--check'], ANN, SET_PASSWORD, DISABLE]) {
  const name = args.slice(0, 2).join(' ');

  test.serial(`${name} without MONGODB_URI exits 78, and with the database away 69`, async (t) => {
    const without = await rescind(t, args, { input: GOOD });
    t.is(without.code, 78);
    t.regex(without.stderr, /MONGODB_URI is missing/);

    const away = await rescind(t, args, { env: NOWHERE, input: GOOD });
    t.is(away.code, 69);
    t.regex(
      away.stderr,
      /^MongoDB did not answer: .*Is it running, and is the connection URI right\?$/m,
    );
    for (const { stderr } of [without, away] satisfies Finished[]) t.notRegex(stderr, /^\s+at /m);
  });
}
