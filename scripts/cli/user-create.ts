import { Command } from 'commander';
import { AuthError, StoreUnavailable } from '../../lib/errors.ts';
import { normalizeEmail } from '../../lib/passwords/email.ts';
import { passwordFault } from '../../lib/passwords/passwords.ts';
import type { NewUser, Users } from '../../lib/store/accounts/users.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from './cli-error.ts';
import { hashOnce, newPasswordFault, readPassword } from './new-password.ts';
import { printProgress } from './output.ts';
import { assertReady, withDatabase } from './with-database.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly email: string;
  readonly company: string;
  readonly name?: string;
  readonly role: readonly string[];
  readonly password?: string;
  readonly withoutRules?: true;
  readonly ifAbsent?: true;
}

/** Creates a user and prints `user_id=<id>`. */
export function userCreateCommand(): Command {
  return new Command('user:create')
    .description('add a user; without --password, prompt for it or read it from standard input')
    .requiredOption('--email <address>', 'e-mail address, which the user logs in with')
    .requiredOption('--company <id>', 'id of the company the user belongs to')
    .option('--name <name>', 'full name (default: the e-mail address)')
    .option(
      '--role <role>',
      'a role; may be repeated',
      (role, roles: string[]) => [...roles, role],
      [],
    )
    .option('--password <password>', 'password; visible to everyone who can list processes')
    .option(
      '--without-rules',
      'accept any password that can be hashed: for demos, and for existing passwords',
    )
    .option('--if-absent', 'succeed without a change if the address is taken')
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
    await withStore(db, async ({ users }) => {
      if ((await users.findAccount(email)) !== undefined) return reportTaken(email, ifAbsent);
      const passwordHash = await hashOnce(password, config);
      await insert({ email, name, companyId: company, roles: role, passwordHash }, users, ifAbsent);
    });
  });
}

async function insert(user: NewUser, users: Users, ifAbsent: true | undefined): Promise<void> {
  try {
    const { id } = await users.create(user);
    printProgress(`user_id=${id}`);
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'email_taken')) throw error;
    if ((await users.findAccount(user.email)) === undefined) throw new StoreUnavailable(GONE);
    reportTaken(user.email, ifAbsent);
  }
}

const GONE = 'The user with this address has just been deleted. Run the same command again';

function reportTaken(email: string, ifAbsent: true | undefined): void {
  if (!ifAbsent) throw refusal(`A user with the e-mail address ${email} already exists.`);
  printProgress(`${email} already exists; nothing was changed`);
}

function refusal(message: string): CliError {
  return new CliError(EXIT.failed, `No user was created. ${message}`);
}
