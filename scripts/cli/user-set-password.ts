import { Command } from 'commander';
import { changeUser, refusal } from './change-user.ts';
import { hashOnce, newPasswordFault, readPassword } from './new-password.ts';

interface Options {
  readonly email: string;
  readonly password?: string;
}

/** Sets a password and revokes every token of the user. */
export function userSetPasswordCommand(): Command {
  return new Command('user:set-password')
    .description(
      'set a password and revoke all tokens of the user; without --password, prompt for it or read it from standard input',
    )
    .requiredOption('--email <address>', 'e-mail address of the user')
    .option('--password <password>', 'password; visible to everyone who can list processes')
    .action(setPassword);
}

async function setPassword(options: Options): Promise<void> {
  const password = await readPassword(options.password);
  await changeUser(options.email, {
    command: 'user:set-password',
    action: 'password_changed',
    async prepare(user, config) {
      const fault = newPasswordFault(password, user, config);
      if (fault !== undefined) throw refusal(fault);
      const hash = await hashOnce(password, config);
      return { before: (users) => users.setPassword(user.id, hash) };
    },
    done: (email) => `The password of ${email} is set; all earlier tokens are revoked`,
  });
}
