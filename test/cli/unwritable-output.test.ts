import test, { type ExecutionContext } from 'ava';
import { isReady } from '../../lib/store/migrations/migrate.ts';
import { emptyDatabase, migratedDatabase } from '../helpers/database.ts';
import { followerDocument } from '../helpers/followers.ts';
import { CLI, run } from '../helpers/processes.ts';

/** Runs `rescind <args>` in a shell that leads its output elsewhere. */
function lead(t: ExecutionContext, redirection: string, uri: string, ...args: string[]) {
  const script = `set -o pipefail; "$@" ${redirection}`;
  return run(t, 'bash', ['--norc', '-c', script, 'bash', process.execPath, CLI, ...args], {
    env: { MONGODB_URI: uri, PATH: process.env['PATH'] ?? '' },
  });
}

const NOT_FINISHED: Readonly<Record<string, readonly [redirection: string, stderr: RegExp]>> = {
  'a reader that left': ['| true', /^$/],
  'a reader that takes one line and leaves': ['| head -n 1', /^$/],
  'a full disk': ['> /dev/full', /^The work is done\. Standard output .*ENOSPC.*\n$/],
  'a full disk, with standard error on it too': ['> /dev/full 2>&1', /^$/],
  'no output at all': ['>&- 2>&-', /^$/],
};

for (const [title, [redirection, expected]] of Object.entries(NOT_FINISHED)) {
  test.serial(
    `A command finishes its work and ends by its outcome, whatever becomes of its output: migrate to ${title}`,
    async (t) => {
      const { uri, db } = emptyDatabase(t);
      const { code, stderr } = await lead(t, redirection, uri, 'migrate');
      t.is(code, 0, stderr);
      t.regex(stderr, expected);
      for (const name of ['users', 'clients'] as const) t.true(await isReady(db, name));
    },
  );
}

/** Arguments of commands that change something, in an order in which each has something to do. */
const WORK: readonly (readonly string[])[] = [
  [
    'user:create',
    '--email',
    'a@example.com',
    '--company',
    'acme',
    '--password',
    'correct horse battery',
  ],
  ['user:set-password', '--email', 'a@example.com', '--password', 'correct horse stapler'],
  ['user:disable', '--email', 'a@example.com'],
  ['user:enable', '--email', 'a@example.com'],
  ['revoke', '--everyone'],
];

test.serial(
  'A command finishes its work and ends by its outcome, whatever becomes of its output: all that change something',
  async (t) => {
    for (const redirection of ['| true', '> /dev/full']) {
      const { uri, collections } = await migratedDatabase(t);
      for (const args of WORK) {
        const { code, stderr } = await lead(t, redirection, uri, ...args);
        t.is(code, 0, `${args[0]} ${redirection}: ${stderr}`);
        t.notRegex(stderr, /^\s+at /m);
      }
      const user = await collections.users.findOne({ email: 'a@example.com' });
      t.is(user?.disabled_at, null);
    }
  },
);

/** Arguments of commands whose output is what they are for. */
const ANSWERS: readonly (readonly string[])[] = [
  ['--help'],
  ['migrate', '--help'],
  ['help', 'revoke'],
  ['migrate', '--dry-run'],
  ['client:list'],
  ['followers'],
  ['revoke', '--everyone', '--dry-run'],
];

test.serial(
  'A command whose output is what it is for fails where it cannot be written, but not because its reader left',
  async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    await collections.followers.insertOne(followerDocument());
    await lead(t, '', uri, 'client:create', '--name', 'billing');
    for (const args of ANSWERS) {
      const { code, stderr } = await lead(t, '> /dev/full', uri, ...args);
      t.is(code, 74, args.join(' '));
      t.regex(
        stderr,
        /^The output is incomplete\. Standard output cannot be written \(ENOSPC\).*\n$/,
      );
      t.like(await lead(t, '| true', uri, ...args), { code: 0, stderr: '' });
    }
    const empty = emptyDatabase(t);
    t.is((await lead(t, '> /dev/full', empty.uri, 'migrate', '--dry-run')).code, 74);
  },
);

test.serial(
  'A new secret that cannot be written makes the command fail, in a sentence',
  async (t) => {
    for (const redirection of ['> /dev/full', '| true', '>&-', '> /dev/null']) {
      for (const key of [[], ['--key', 'EdDSA']]) {
        const { code, stderr } = await lead(t, redirection, '', 'generate-secret', ...key);
        t.is(code, 74);
        t.regex(stderr, /^The secret was not printed\. .*\n$/);
      }
    }
  },
);

test.serial('A client whose secret cannot be written does not stay', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  for (const redirection of ['> /dev/full', '| true', '>&-']) {
    const { code, stderr } = await lead(t, redirection, uri, 'client:create', '--name', 'billing');
    t.is(code, 74);
    t.regex(stderr, /^No client was created, because the secret could not be printed\. .*\n$/);
    t.is(await collections.clients.countDocuments({}), 0);
  }
});
