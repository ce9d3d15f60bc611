import { normalizeEmail } from '../../lib/email.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { type AuditAction, createAudit } from '../../lib/store/audit.ts';
import { openCollections } from '../../lib/store/collections.ts';
import type { Db } from '../../lib/store/database.ts';
import { createRevocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { createUsers, type User, type Users } from '../../lib/store/users.ts';
import type { DatabaseConfig } from '../../server/config.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { assertReady } from './assert-ready.ts';
import { CommandFailed } from './command-failed.ts';
import { withDatabase } from './with-database.ts';

export interface UserChange {
  /** As operators type it, such as `user:disable`. */
  readonly command: string;
  readonly action: AuditAction;
  /** Looks at what was asked before anything is written; answers what is then to be written. */
  prepare(user: User, config: DatabaseConfig): Promise<UserWrites>;
  /** What is printed when all is done. */
  readonly done: (email: string) => string;
}

/** Before and after every token of the user is revoked. */
export interface UserWrites {
  before?(users: Users): Promise<unknown>;
  after?(users: Users): Promise<unknown>;
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
    const users = createUsers(openCollections(db));
    const user = await users.findAccount(email);
    if (user === undefined) throw refusal(`There is no user with the e-mail address ${email}.`);
    const { before, after } = await change.prepare(user, config);
    await completely(async () => {
      await before?.(users);
      await revokeAll(db, user, change);
      await after?.(users);
    });
    await record(db, user, change);
    process.stdout.write(`${change.done(email)}\n`);
  });
}

async function revokeAll(db: Db, { id }: User, { command, action }: UserChange): Promise<void> {
  const collections = openCollections(db);
  const revocations = createRevocations(collections, createSchema(collections));
  await revocations.revokeUser({ userId: id, reason: action, revokedBy: `rescind ${command}` });
}

async function record(db: Db, user: User, { command, action }: UserChange): Promise<void> {
  const audit = createAudit(openCollections(db), { log: onStandardError });
  const caller = { ip: 'local', userAgent: `rescind ${command}` };
  await audit.record({ action, user, details: { email: user.email } }, caller);
}

async function completely(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new CommandFailed(
      `It may be done in part. Run the same command again, which completes it. (${why})`,
      EXIT.unavailable,
    );
  }
}

const onStandardError: Log = { warn: tell, error: tell };

function tell(_fields: object, message: string): void {
  process.stderr.write(`${message}.\n`);
}

/** What a command that was refused ends with. */
export function refusal(message: string): CommandFailed {
  return new CommandFailed(`Nothing was changed. ${message}`, EXIT.failed);
}
