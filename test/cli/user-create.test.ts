import test, { type ExecutionContext } from 'ava';
import { compareSync, getRounds } from 'bcryptjs';
import { migratedDatabase } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
const PRINTED = new RegExp(`^user_id=(${UUID.source})\n$`);

/** Runs `rescind user:create` at the lowest cost of a hash. */
function create(t: ExecutionContext, uri: string, options: readonly string[], input?: string) {
  const env = { MONGODB_URI: uri, BCRYPT_COST: '10' };
  return rescind(t, ['user:create', ...options], { env, ...(input !== undefined && { input }) });
}

const ANN = ['--email', 'ann@example.com', '--company', 'acme'];
const GOOD = 'correct horse battery';
const OTHER = 'staple battery horse';

test.serial('user:create prints user_id=<id> of the user it made', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const named = ['--name', 'Ann Lee', '--role', 'admin', '--role', 'auditor'];
  const { code, stdout, stderr } = await create(t, uri, [
    ...ANN,
    ...named,
    '--password',
    'pass word of ann',
  ]);
  t.deepEqual([code, stderr], [0, '']);
  const [, id = ''] = PRINTED.exec(stdout) ?? [];
  const user = await collections.users.findOne({ _id: id });
  t.like(user, {
    email: 'ann@example.com',
    company_id: 'acme',
    name: 'Ann Lee',
    roles: ['admin', 'auditor'],
    disabled_at: null,
  });
  t.is(getRounds(user?.password_hash ?? ''), 10);
  t.true(compareSync('pass word of ann', user?.password_hash ?? ''));
});

test.serial('user:create reads the password from standard input, up to its line end', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  for (const [input, password] of [
    ['from standard input\n', 'from standard input'],
    ['  all spaces stay \r\n', '  all spaces stay '],
    ['without a line end', 'without a line end'],
  ] as const) {
    const { code, stderr } = await create(t, uri, ANN, input);
    t.is(code, 0, stderr);
    const user = await collections.users.findOneAndDelete({ email: 'ann@example.com' });
    t.true(compareSync(password, user?.password_hash ?? ''), input);
  }
});

test.serial(
  'user:create stores the normal form of the e-mail address, and it is the default name',
  async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    const options = ['--email', ' Ann@Example.COM ', '--company', 'acme', '--password', GOOD];
    t.is((await create(t, uri, options)).code, 0);
    const user = await collections.users.findOne({});
    t.like(user, { email: 'ann@example.com', name: 'ann@example.com', roles: [] });
  },
);

test.serial(
  'a second user of an e-mail address is refused: exit 1, or 0 with --if-absent',
  async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    t.is((await create(t, uri, ANN, GOOD)).code, 0);
    const before = await collections.users.find().toArray();
    const again = ['--email', 'ANN@example.com', '--company', 'other'];

    const refused = await create(t, uri, again, OTHER);
    t.deepEqual([refused.code, refused.stdout], [1, '']);
    t.regex(
      refused.stderr,
      /^No user was created\. A user with the e-mail address ann@example\.com already exists/,
    );

    const absent = await create(t, uri, [...again, '--if-absent'], OTHER);
    t.deepEqual([absent.code, absent.stderr], [0, '']);
    t.regex(absent.stdout, /^ann@example\.com already exists; nothing was changed$/m);
    t.deepEqual(await collections.users.find().toArray(), before);
  },
);

test.serial('two user:create of one e-mail address at once make one user', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const both = await Promise.all([create(t, uri, ANN, GOOD), create(t, uri, ANN, OTHER)]);
  t.deepEqual(both.map(({ code }) => code).sort(), [0, 1]);
  t.is(await collections.users.countDocuments(), 1);
});

test.serial('the rules for new passwords hold, except with --without-rules', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const named = [...ANN, '--name', 'Ann Margaret Lee'];
  for (const [password, message] of [
    ['testpassword12', /at least 15 characters/],
    ['passwordpassword', /a common password/],
    ['AnnMargaretLee1!', /more than your name/],
  ] as const) {
    const { code, stdout, stderr } = await create(t, uri, named, password);
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, message);
    t.false(stderr.includes(password));
  }
  t.is(await collections.users.countDocuments(), 0);
  t.is((await create(t, uri, [...named, '--without-rules'], 'short')).code, 0);
  const user = await collections.users.findOne({ email: 'ann@example.com' });
  t.true(compareSync('short', user?.password_hash ?? ''));
  const unusable = await create(t, uri, [...named, '--without-rules'], 'x'.repeat(73));
  t.is(unusable.code, 1);
  t.regex(unusable.stderr, /at most 72 bytes/);
});

test.serial('PASSWORD_MIN_LENGTH and JWT_ISSUER count for user:create too', async (t) => {
  const { uri } = await migratedDatabase(t);
  const env = { MONGODB_URI: uri, BCRYPT_COST: '10', JWT_ISSUER: 'acme-portal' };
  const args = ['user:create', ...ANN];
  const named = await rescind(t, args, { env, input: 'AcmePortal-1234' });
  t.regex(named.stderr, /the name of the service/);
  const short = { ...env, PASSWORD_MIN_LENGTH: '8' };
  t.is((await rescind(t, args, { env: short, input: 'x9#kQ2!m' })).code, 0);
});
