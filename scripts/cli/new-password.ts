import { text } from 'node:stream/consumers';
import { createPasswords } from '../../lib/passwords/passwords.ts';
import { createPasswordRules, type PasswordOwner } from '../../lib/passwords/rules.ts';
import { MINUTE } from '../../lib/time.ts';
import type { DatabaseConfig } from '../../server/config/config.ts';
import { readHidden } from './read-hidden.ts';

/**
 * Returns the value of --password if given. Otherwise reads the password from standard input, and prompts for it if
 * standard input is a terminal.
 */
export async function readPassword(option: string | undefined): Promise<string> {
  if (option !== undefined) return option;
  if (process.stdin.isTTY) return readHidden('Password: ');
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

/** Returns a message about the first rule that the password violates, or undefined if it violates none. */
export function newPasswordFault(
  password: string,
  owner: PasswordOwner,
  { PASSWORD_MIN_LENGTH: passwordMinLength, JWT_ISSUER: serviceName }: DatabaseConfig,
): string | undefined {
  return createPasswordRules({ passwordMinLength, serviceName }).findFault(password, owner);
}

/** Hashes the password with bcrypt at the configured cost, in a thread that ends afterwards. */
export async function hashOnce(
  password: string,
  { BCRYPT_COST }: Pick<DatabaseConfig, 'BCRYPT_COST'>,
): Promise<string> {
  const passwords = createPasswords({
    bcryptCost: BCRYPT_COST,
    bcryptThreads: 1,
    timeout: MINUTE,
  });
  try {
    return await passwords.hash(password);
  } finally {
    await passwords.close();
  }
}
