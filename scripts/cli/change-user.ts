import { actorOf } from '../../lib/caller.ts';
import { normalizeEmail } from '../../lib/email.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import type { AuditAction } from '../../lib/store/audit.ts';
import type { User, Users } from '../../lib/store/users.ts';
import type { DatabaseConfig } from '../../server/config.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { assertReady } from './assert-ready.ts';
import { CommandFailed } from './command-failed.ts';
import { describeStoreError } from './describe-store-error.ts';
import { operatorOf } from './operator.ts';
import { say } from './output.ts';
import { withDatabase } from './with-database.ts';
import { type CommandStore, withStore } from './with-store.ts';

export interface UserChange {
  /** As operators type it, such as `user:disable`. */
  readonly command: string;
  readonly action: AuditAction;
  /** Looks at what was asked before anything is written; answers what is then to be written. */
  prepare(user: User, config: DatabaseConfig): Promise<UserWrites>;
  /** What is printed when all is done. */
  readonly done: (email: string) => string;
}

/** Before and after every token of the user is revoked. Each tells whether the user was there to be changed. */
export interface UserWrites {
  before?(users: Users): Promise<boolean>;
  after?(users: Users): Promise<boolean>;
}

/**
 * Changes a user and revokes every token of that user. CommandFailed for an unknown one; and for a change
 * that broke off half-way, which the same command completes.
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
    });
    say(change.done(email));
  });
}

async function write(
  { users, revocations, audit }: CommandStore,
  user: User,
  { command, action }: UserChange,
  { before, after }: UserWrites,
): Promise<void> {
  const operator = operatorOf(command);
  await completely(async () => {
    if ((await before?.(users)) === false) throw refusal(GONE);
    const cause = { reason: action, revokedBy: actorOf(operator) };
    await revocations.revokeUser({ userId: user.id, ...cause });
    if ((await after?.(users)) === false) throw new CommandFailed(GONE, EXIT.failed);
  });
  await audit.record({ action, user, details: { email: user.email } }, operator);
}

async function completely(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const why = describeStoreError(error);
    throw new CommandFailed(
      `It may be done in part. Run the same command again, which completes it. (${why})`,
      EXIT.unavailable,
    );
  }
}

const GONE = 'The user was deleted meanwhile.';

/** What a command that was refused ends with. */
export function refusal(message: string): CommandFailed {
  return new CommandFailed(`Nothing was changed. ${message}`, EXIT.failed);
}
