import test, { type ExecutionContext } from 'ava';
import { emptyDatabase, migratedDatabase } from '../helpers/database.ts';
import { underFault } from '../helpers/failpoint.ts';
import { rescind } from '../helpers/processes.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { openScope } from '../helpers/scope.ts';
import { logIn, post, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const NEW_PASSWORD = 'staple battery horse';

/** A server for all tests, each of which has a user of its own, and a database in which nothing happens. */
const file = openScope();
const { url, uri, db, collections } = await testServer(file);
const untouched = await migratedDatabase(file);
test.after.always(file.end);

/** A user of the server who has logged in, and the commands on its database. */
async function openFixture(t: ExecutionContext) {
  const { id, email } = await addUser(collections, { companyId: 'acme' });
  const env = { MONGODB_URI: uri, BCRYPT_COST: '10' };
  return {
    url,
    email,
    collections,
    namespace: (collection: string) => `${db.databaseName}.${collection}`,
    token: await logIn(url, email),
    run: (command: string, ...options: string[]) =>
      rescind(t, [command, '--email', email, ...options], { env, input: `${NEW_PASSWORD}\n` }),
    readOutcome: async (token: string) => toOutcome(await sendAs(token, `${url}/api/auth/me`)),
    events: () =>
      collections.auditEvents.find({ user_id: id, ip: 'local' }, { sort: { at: 1 } }).toArray(),
  };
}

test.serial(
  'user:set-password: only the new password logs in, and every token from before is dead',
  async (t) => {
    const it = await openFixture(t);
    const { code, stdout, stderr } = await it.run('user:set-password');
    t.deepEqual([code, stderr], [0, '']);
    t.is(stdout, `The password of ${it.email} is set; all earlier tokens are revoked\n`);

    t.is(await it.readOutcome(it.token), refusal('user_tokens_revoked'));
    const old = await post(`${it.url}/api/auth/login`, { email: it.email, password: PASSWORD });
    t.is(toOutcome(old), refusal('invalid_credentials'));
    t.is(await it.readOutcome(await logIn(it.url, it.email, NEW_PASSWORD)), '200');
    const [event] = await it.events();
    t.like(event, {
      action: 'password_changed',
      company_id: 'acme',
      user_agent: 'rescind user:set-password',
    });
    t.is((await it.run('user:set-password', '--password', PASSWORD)).code, 0);
    await t.notThrowsAsync(logIn(it.url, it.email, PASSWORD));
  },
);

test.serial(
  'user:disable keeps a user out; user:enable lets in again, but no token from before',
  async (t) => {
    const it = await openFixture(t);
    for (let time = 1; time <= 2; time++) {
      const { code, stdout, stderr } = await it.run('user:disable');
      t.deepEqual([code, stderr], [0, '']);
      t.is(stdout, `${it.email} is disabled; all tokens are revoked\n`);
    }
    t.is(await it.readOutcome(it.token), refusal('user_tokens_revoked'));
    const kept = await post(`${it.url}/api/auth/login`, { email: it.email, password: PASSWORD });
    t.is(toOutcome(kept), refusal('invalid_credentials'));

    const enabled = await it.run('user:enable');
    t.deepEqual([enabled.code, enabled.stderr], [0, '']);
    t.is(enabled.stdout, `${it.email} can log in; earlier tokens stay revoked\n`);
    t.is(await it.readOutcome(it.token), refusal('user_tokens_revoked'));
    t.is(await it.readOutcome(await logIn(it.url, it.email)), '200');
    t.deepEqual(
      (await it.events()).map(({ action, user_agent }) => [action, user_agent]),
      [
        ['user_disabled', 'rescind user:disable'],
        ['user_disabled', 'rescind user:disable'],
        ['user_enabled', 'rescind user:enable'],
      ],
    );
  },
);

test.serial(
  'user:enable of a user who was disabled by hand revokes what nobody had revoked',
  async (t) => {
    const it = await openFixture(t);
    await it.collections.users.updateOne(
      { email: it.email },
      { $set: { disabled_at: new Date() } },
    );
    t.is((await it.run('user:enable')).code, 0);
    t.is(await it.readOutcome(it.token), refusal('user_tokens_revoked'));
  },
);

for (const command of ['user:set-password', 'user:disable']) {
  test.serial(
    `${command} that breaks before the cutoff exits 69, and run again completes it`,
    async (t) => {
      const it = await openFixture(t);
      const fault = {
        mode: { skip: 0 },
        failCommands: ['findAndModify'],
        namespace: it.namespace('revoked_tokens'),
        closeConnection: true,
      } as const;
      const { code, stdout, stderr } = await underFault(fault, () => it.run(command));
      t.deepEqual([code, stdout], [69, '']);
      t.regex(
        stderr,
        /^The change may be incomplete\. Run the same command again to complete it\./,
      );
      t.deepEqual(await it.events(), []);
      t.is((await it.run(command)).code, 0);
      t.is(await it.readOutcome(it.token), refusal('user_tokens_revoked'));
      t.is((await it.events()).length, 1);
    },
  );
}

const REFUSED: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ['an unknown user', ['--email', 'nobody@example.com'], /There is no user with .* nobody@example/],
  ['no e-mail address', ['--email', 'nobody'], /--email is not a valid ASCII e-mail address/],
];

for (const command of ['user:set-password', 'user:disable', 'user:enable']) {
  for (const [what, args, message] of REFUSED) {
    test.serial(`${command} refuses ${what}: exit 1`, async (t) => {
      const env = { MONGODB_URI: untouched.uri };
      const answer = await rescind(t, [command, ...args], { env, input: NEW_PASSWORD });
      t.deepEqual([answer.code, answer.stdout], [1, '']);
      t.regex(answer.stderr, /^Nothing was changed\. /);
      t.regex(answer.stderr, message);
      t.is(await untouched.collections.auditEvents.countDocuments(), 0);
    });
  }

  test.serial(
    `${command} on a database that is not migrated names the command to run`,
    async (t) => {
      const env = { MONGODB_URI: emptyDatabase(t).uri };
      const args = [command, '--email', 'ann@example.com'];
      const { code, stderr } = await rescind(t, args, { env, input: PASSWORD });
      t.is(code, 1);
      t.regex(
        stderr,
        /^Nothing was changed\. The database is not migrated\. Run: npm run migrate$/m,
      );
    },
  );

  test.serial(`${command} without --email is a usage error: exit 64`, async (t) => {
    const { code, stderr } = await rescind(t, [command]);
    t.is(code, 64);
    t.regex(stderr, /'--email <address>' not specified/);
  });
}

test.serial('user:set-password knows the rules for new passwords', async (t) => {
  const it = await openFixture(t);
  const before = await it.collections.users.findOne({ email: it.email });
  for (const [password, message] of [
    ['', /must not be empty/],
    ['fourteen chars', /at least 15 characters/],
    ['passwordpassword', /a common password/],
    [it.email.slice(0, 60), /more than your name/],
    ['x'.repeat(73), /at most 72 bytes/],
  ] as const) {
    const { code, stdout, stderr } = await it.run('user:set-password', '--password', password);
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, message);
    if (password !== '') t.false(stderr.includes(password));
  }
  t.deepEqual(await it.collections.users.findOne({ email: it.email }), before);
  t.is(await it.readOutcome(it.token), '200');
});
