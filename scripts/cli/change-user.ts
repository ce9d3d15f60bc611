import { toActor } from '../../lib/caller.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { normalizeEmail } from '../../lib/passwords/email.ts';
import type { Users } from '../../lib/store/accounts/users.ts';
import type { AuditAction } from '../../lib/store/records/audit.ts';
import { settle } from '../../lib/use-cases/shared/settle.ts';
import type { User } from '../../lib/user.ts';
import type { DatabaseConfig } from '../../server/config/config.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { cliCaller } from './cli-caller.ts';
import { CliError } from './cli-error.ts';
import { describeStoreError } from './describe-store-error.ts';
import { printProgress } from './output.ts';
import { assertReady, withDatabase } from './with-database.ts';
import { type CommandStore, withStore } from './with-store.ts';

export interface UserChange {
  /** Name of the command, such as `user:disable`. */
  readonly command: string;
  readonly action: AuditAction;
  /** Checks the input before anything is written, and returns the database writes of the change. */
  prepare(user: User, config: DatabaseConfig): Promise<UserWrites>;
  /** Formats the line that is printed on success. */
  readonly done: (email: string) => string;
}

/** Database writes to run before and after the revocation. Each write returns false if the user does not exist. */
export interface UserWrites {
  before?(users: Users): Promise<boolean>;
  after?(users: Users): Promise<boolean>;
}

/**
 * Changes a user and revokes every token of that user. Throws CliError if the user is unknown, or if the database
 * fails. After a database failure, the change may be incomplete until the command is run again.
 */
export async function changeUser(address: string, change: UserChange): Promise<void> {
  const email = normalizeEmail(address);
  if (email === undefined) throw refusal('--email is not a valid ASCII e-mail address.');
  await withDatabase(async (db, config) => {
    await assertReady(db, 'users', refusal);
    await withStore(db, async (store) => {
      const user = await store.users.findAccount(email);
      if (user === undefined) throw refusal(`There is no user with the e-mail address ${email}.`);
      await write(store, user, change, await change.prepare(user, config));
      printProgress(change.done(email));
      store.printSettled();
    });
  });
}

async function write(
  store: CommandStore,
  user: User,
  { command, action }: UserChange,
  { before, after }: UserWrites,
): Promise<void> {
  const caller = cliCaller(command);
  const { users, revocations, audit } = store;
  const event = { action, user, details: { email: user.email } };
  await explainPartialWrite(async () => {
    if ((await before?.(users)) === false) throw refusal(GONE);
    const cause = { reason: action, revokedBy: toActor(caller) };
    const revoked = await revocations.revokeUser({ userId: user.id, ...cause });
    if ((await after?.(users)) === false) throw new CliError(EXIT.failed, GONE);
    await settle(store, revoked, audit.record(event, caller));
  });
}

async function explainPartialWrite(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const cause = describeStoreError(error);
    throw new CliError(
      EXIT.unavailable,
      `The change may be incomplete. Run the same command again to complete it. (${cause})`,
    );
  }
}

const GONE = 'The user has just been deleted.';

/** Creates the error of a command that stops before it changes anything. */
export function refusal(message: string): CliError {
  return new CliError(EXIT.failed, `Nothing was changed. ${message}`);
}
