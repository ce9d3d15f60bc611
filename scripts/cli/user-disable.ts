import { Command } from 'commander';
import { changeUser } from './change-user.ts';

interface Options {
  readonly email: string;
}

/** `rescind user:disable`: keeps a user out; every token dies. */
export function userDisableCommand(): Command {
  return new Command('user:disable')
    .description('keep a user out and revoke all tokens; safe to repeat')
    .requiredOption('--email <address>', 'e-mail address of the user')
    .action(({ email: address }: Options) =>
      changeUser(address, {
        command: 'user:disable',
        action: 'user_disabled',
        prepare: async ({ id }) => ({ before: (users) => users.disable(id) }),
        done: (email) => `${email} is disabled; all tokens are revoked`,
      }),
    );
}

/**
 * `rescind user:enable`: lets a user in again. The tokens are revoked here too, and first: the user may have
 * been disabled by hand, or by a command that broke off before it came to them.
 */
export function userEnableCommand(): Command {
  return new Command('user:enable')
    .description('let a disabled user log in again; tokens from before stay revoked')
    .requiredOption('--email <address>', 'e-mail address of the user')
    .action(({ email: address }: Options) =>
      changeUser(address, {
        command: 'user:enable',
        action: 'user_enabled',
        prepare: async ({ id }) => ({ after: (users) => users.enable(id) }),
        done: (email) => `${email} can log in; tokens from before stay revoked`,
      }),
    );
}
