import { Command } from 'commander';
import { normalizeEmail } from '../../lib/email.ts';
import { AuthError, StoreUnavailable } from '../../lib/errors.ts';
import { passwordFault } from '../../lib/passwords.ts';
import { openCollections } from '../../lib/store/collections.ts';
import { createStrictReads } from '../../lib/store/strict-reads.ts';
import { createUsers, type NewUser, type Users } from '../../lib/store/users.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { assertReady } from './assert-ready.ts';
import { CommandFailed } from './command-failed.ts';
import { hashOnce, newPasswordFault, readPassword } from './new-password.ts';
import { say } from './output.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  readonly email: string;
  readonly company: string;
  readonly name?: string;
  readonly role: readonly string[];
  readonly password?: string;
  readonly withoutRules?: true;
  readonly ifAbsent?: true;
}

/** `rescind user:create`: adds a user and prints `user_id=<id>`. */
export function userCreateCommand(): Command {
  return new Command('user:create')
    .description('add a user; without --password it is asked for, or read from standard input')
    .requiredOption('--email <address>', 'e-mail address, what the user logs in with')
    .requiredOption('--company <id>', 'id of the company the user belongs to')
    .option('--name <name>', 'full name (default: the e-mail address)')
    .option(
      '--role <role>',
      'a role; may be repeated',
      (role, roles: string[]) => [...roles, role],
      [],
    )
    .option('--password <password>', 'password; seen by everyone who can list processes')
    .option(
      '--without-rules',
      'take any password that can be hashed: for demos, and for users who have one already',
    )
    .option('--if-absent', 'succeed, and change nothing, when the address is taken')
    .action(createUser);
}

async function createUser(options: Options): Promise<void> {
  const email = normalizeEmail(options.email);
  if (email === undefined) throw refusal('--email is not a valid ASCII e-mail address.');
  const { company, name = email, role, ifAbsent } = options;
  if ([company, name, ...role].some((text) => text.trim() === '')) {
    throw refusal('--company, --name and --role must not be empty.');
  }
  const password = await readPassword(options.password);
  await withDatabase(async (db, config) => {
    const fault = options.withoutRules
      ? passwordFault(password)
      : newPasswordFault(password, { email, name }, config);
    if (fault !== undefined) throw refusal(fault);
    await assertReady(db, 'users', refusal);
    const users = createUsers(openCollections(db), createStrictReads(db));
    if ((await users.findAccount(email)) !== undefined) return taken(email, ifAbsent);
    const passwordHash = await hashOnce(password, config);
    await insert({ email, name, companyId: company, roles: role, passwordHash }, users, ifAbsent);
  });
}

async function insert(user: NewUser, users: Users, ifAbsent: true | undefined): Promise<void> {
  try {
    const { id } = await users.create(user);
    say(`user_id=${id}`);
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'email_taken')) throw error;
    if ((await users.findAccount(user.email)) === undefined) throw new StoreUnavailable(GONE);
    taken(user.email, ifAbsent);
  }
}

const GONE = 'The user who had the address was deleted meanwhile. Run the same command again';

function taken(email: string, ifAbsent: true | undefined): void {
  if (!ifAbsent) throw refusal(`A user with the e-mail address ${email} exists already.`);
  say(`${email} exists already; nothing was changed`);
}

function refusal(message: string): CommandFailed {
  return new CommandFailed(`No user was created. ${message}`, EXIT.failed);
}
