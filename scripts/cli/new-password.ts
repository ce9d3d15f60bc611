import { text } from 'node:stream/consumers';
import { createPasswordRules, type PasswordOwner } from '../../lib/password-rules.ts';
import { createPasswords } from '../../lib/passwords.ts';
import { MINUTE } from '../../lib/time.ts';
import type { DatabaseConfig } from '../../server/config.ts';
import { readHidden } from './read-hidden.ts';

/** The password of the option, or else typed on the terminal, or read from standard input to its line end. */
export async function readPassword(option: string | undefined): Promise<string> {
  if (option !== undefined) return option;
  if (process.stdin.isTTY) return readHidden('Password: ');
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

/** What the configured rules have against the password, as a sentence; undefined when nothing. */
export function newPasswordFault(
  password: string,
  owner: PasswordOwner,
  { PASSWORD_MIN_LENGTH: passwordMinLength, JWT_ISSUER: serviceName }: DatabaseConfig,
): string | undefined {
  return createPasswordRules({ passwordMinLength, serviceName }).faultOf(password, owner);
}

/** bcrypt's hash at the configured cost, by a thread that ends with it. */
export async function hashOnce(
  password: string,
  { BCRYPT_COST }: Pick<DatabaseConfig, 'BCRYPT_COST'>,
): Promise<string> {
  const passwords = createPasswords({
    bcryptCost: BCRYPT_COST,
    bcryptThreads: 1,
    patience: MINUTE,
  });
  try {
    return await passwords.hash(password);
  } finally {
    await passwords.close();
  }
}
