import { randomUUID } from 'node:crypto';
import type { Document, Filter } from 'mongodb';
import { errorWithoutData } from '../../error-without-data.ts';
import { AuthError, type MalformedDocument, malformedDocument } from '../../errors.ts';
import { isUserId } from '../../tokens/access/user-id.ts';
import type { User } from '../../user.ts';
import { type FollowedReader, notFollowing } from '../followers/followed-reader.ts';
import { toSlot } from '../followers/versions.ts';
import { type Collections, NAMES, type UserDocument } from '../mongo/collections.ts';
import { findByIds, MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { isDuplicateIn } from '../mongo/duplicate-keys.ts';
import { type AssertIntact, createAssertIntact } from '../mongo/intact.ts';
import { createSharedReads } from '../mongo/shared-reads.ts';
import { localReads, type StrictReader } from '../mongo/strict-reads.ts';

/** A user with the password hash. Use cases never return an Account. */
export interface Account extends User {
  readonly passwordHash: string;
}

export interface NewUser {
  /** The address in the normal form that `normalizeEmail` returns. */
  readonly email: string;
  readonly name: string;
  readonly companyId: string;
  readonly roles: readonly string[];
  readonly passwordHash: string;
}

/** A user that may be remembered. */
export interface FollowedUser {
  readonly user: User;
  /** The slot of the user's document. */
  readonly slot: string;
  /** The number of the last change when the read began. */
  readonly version: number;
}

export type Users = ReturnType<typeof createUsers>;

const USER_FIELDS = { email: 1, name: 1, company_id: 1, roles: 1, disabled_at: 1 } as const;

/**
 * Reads and writes the `users` collection. Reads strictly, but for `findFollowed`. A read that finds no user throws StoreNotReady if the
 * collection was lost.
 */
export function createUsers(
  collections: Collections,
  strictReads: StrictReader = localReads,
  followers: FollowedReader = notFollowing,
) {
  const { users } = collections;
  const assertIntact = createAssertIntact(collections, 'users');

  return {
    find: createFind(users, strictReads, assertIntact),

    /**
     * Returns the user by a read whose result may be remembered. Returns undefined if this server does not follow, or if
     * there is no sound user: then `find` has to decide.
     */
    findFollowed: createFindFollowed(users, followers),

    /**
     * Finds an account. Throws MalformedDocument if the document lacks fields, or if its id does not fit into a token.
     * Makes the same database calls for each address, so that timing does not reveal which addresses are known.
     */
    async findAccount(email: string): Promise<Account | undefined> {
      const document = await strictReads.read((readConcern) => {
        const options = { readConcern, maxTimeMS: MAX_TIME };
        return orUnavailable(users.findOne({ email }, options));
      });
      await assertIntact();
      return document === null ? undefined : toAccount(document);
    },

    /** Returns the current account, and the time by the database's clock (`$$NOW`). */
    async readWithTime(id: string): Promise<{ account: Account; now: Date } | undefined> {
      const pipeline = [{ $match: { _id: id } }, { $set: { now: '$$NOW' } }];
      const [document] = await strictReads.read((readConcern) => {
        const options = { readConcern, maxTimeMS: MAX_TIME };
        const cursor = users.aggregate<UserDocument & { now: Date }>(pipeline, options);
        return orUnavailable(cursor.toArray());
      });
      if (document === undefined) await assertIntact();
      return document && { account: toAccount(document), now: document.now };
    },

    ...createUserWrites(users),
  };
}

function createUserWrites(users: Collections['users']) {
  return {
    /** Adds a user. Throws AuthError `email_taken` if another user has this address. */
    async create(user: NewUser): Promise<User> {
      const document = newDocument(user);
      await orUnavailable(users.insertOne(document), isTaken).catch((error: unknown) => {
        if (!isTaken(error)) throw error;
        throw new AuthError('email_taken', 'Another user has this e-mail address', {
          cause: errorWithoutData(error),
        });
      });
      return toUser(document);
    },

    /** Replaces the hash by another hash of the same password. Returns false if the old hash is no longer stored. */
    replaceHash: (id: string, oldHash: string, newHash: string): Promise<boolean> =>
      setFields(
        users,
        { _id: id, password_hash: oldHash },
        { password_hash: { $literal: newHash } },
      ),

    /** Sets the hash of a new password. Returns false if the old hash is no longer stored or the user is disabled. */
    changePassword: (id: string, oldHash: string, newHash: string): Promise<boolean> =>
      setFields(
        users,
        { _id: id, password_hash: oldHash, disabled_at: null },
        newPassword(newHash),
      ),

    /** Sets the hash of a new password unconditionally. Returns true if the user exists. */
    setPassword: (id: string, newHash: string): Promise<boolean> =>
      setFields(users, { _id: id }, newPassword(newHash)),
    /** Disables the user. If the user is disabled already, keeps the earlier time. Returns true if the user exists. */
    disable: (id: string): Promise<boolean> =>
      setFields(users, { _id: id }, { disabled_at: { $ifNull: ['$disabled_at', '$$NOW'] } }),
    /** Enables the user again. Returns true if the user exists. */
    enable: (id: string): Promise<boolean> => setFields(users, { _id: id }, { disabled_at: null }),
  };
}

function isTaken(error: unknown): boolean {
  return isDuplicateIn(error, 'email');
}

/** Creates `find`. A malformed document rejects only the calls for its user, not other calls that share the read. */
function createFind(
  users: Collections['users'],
  strictReads: StrictReader,
  assertIntact: AssertIntact,
) {
  const read = createSharedReads(async (ids) => {
    const documents = await strictReads.read((readConcern) =>
      findByIds(users, ids, USER_FIELDS, { readConcern }),
    );
    return toUsers(documents);
  });

  return async function find(id: string): Promise<User | undefined> {
    const found = (await read([id])).get(id);
    if (found instanceof Error) throw found;
    if (found === undefined) await assertIntact();
    return found;
  };
}

/** Creates `findFollowed`. */
function createFindFollowed(users: Collections['users'], followers: FollowedReader) {
  const read = createSharedReads(async (ids) => {
    const read = await followers.read((options) => findByIds(users, ids, USER_FIELDS, options));
    return read && { found: toUsers(read.found), version: read.version };
  });

  return async function findFollowed(id: string): Promise<FollowedUser | undefined> {
    const { found, version = 0 } = (await read([id])) ?? {};
    const user = found?.get(id);
    if (user === undefined || user instanceof Error) return undefined;
    return { user, slot: toSlot(NAMES.users, id), version };
  };
}

/** Returns users by id. A malformed document becomes an error in place of a user. */
function toUsers(documents: readonly UserFields[]): Map<string, User | MalformedDocument> {
  return new Map(
    documents.map((it) => [
      it._id,
      isSound(it) ? toUser(it) : malformedDocument(NAMES.users, it._id),
    ]),
  );
}

/** Sets these fields, and `updated_at` by the database's clock. Returns true if the filter matches a user. */
async function setFields(
  users: Collections['users'],
  filter: Filter<UserDocument>,
  fields: Document,
): Promise<boolean> {
  const update = [{ $set: { ...fields, updated_at: '$$NOW' } }];
  const { matchedCount } = await orUnavailable(users.updateOne(filter, update));
  return matchedCount === 1;
}

/** Returns the fields of a new password. Without `$literal`, MongoDB would read the hash (`$…`) as a field path. */
function newPassword(hash: string): Document {
  return { password_hash: { $literal: hash }, password_changed_at: '$$NOW' };
}

function newDocument(user: NewUser): UserDocument {
  const now = new Date();
  return {
    _id: randomUUID(),
    email: user.email,
    company_id: user.companyId,
    name: user.name,
    roles: [...user.roles],
    password_hash: user.passwordHash,
    password_changed_at: now,
    disabled_at: null,
    created_at: now,
    updated_at: now,
  };
}

type UserFields = Pick<UserDocument, '_id' | keyof typeof USER_FIELDS>;

/** Returns true if the fields have the right types. If `roles` were a string, each part of it would count as a role. */
function isSound({ email, name, company_id, roles, disabled_at }: UserFields): boolean {
  return (
    [email, name, company_id].every(isString) &&
    Array.isArray(roles) &&
    roles.every(isString) &&
    (disabled_at === null || disabled_at instanceof Date)
  );
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

/** Returns the user as a frozen object, because requests that share a read get the same object. */
function toUser(document: UserFields): User {
  return Object.freeze({
    id: document._id,
    email: document.email,
    name: document.name,
    companyId: document.company_id,
    roles: Object.freeze(document.roles),
    disabled: document.disabled_at !== null,
  });
}

function toAccount(document: UserDocument): Account {
  const { _id, password_hash } = document;
  const isComplete = isUserId(_id) && isSound(document) && isString(password_hash);
  if (!isComplete) throw malformedDocument(NAMES.users, _id);
  return { ...toUser(document), passwordHash: password_hash };
}
