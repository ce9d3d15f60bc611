import { Command } from 'commander';
import { changeUser } from './change-user.ts';

interface Options {
  readonly email: string;
}

/** Disables a user and revokes every token of that user. */
export function userDisableCommand(): Command {
  return new Command('user:disable')
    .description('disable a user and revoke all tokens; safe to repeat')
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
 * Revokes every token of a user, then enables the user. Without the revocation, earlier tokens would be valid again if
 * the user was disabled directly in the database, or by a command that failed before it revoked the tokens.
 */
export function userEnableCommand(): Command {
  return new Command('user:enable')
    .description('let a disabled user log in again; earlier tokens stay revoked')
    .requiredOption('--email <address>', 'e-mail address of the user')
    .action(({ email: address }: Options) =>
      changeUser(address, {
        command: 'user:enable',
        action: 'user_enabled',
        prepare: async ({ id }) => ({ after: (users) => users.enable(id) }),
        done: (email) => `${email} can log in; earlier tokens stay revoked`,
      }),
    );
}
