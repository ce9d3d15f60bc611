import { randomUUID } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import type { Collections } from '../../lib/store/collections.ts';
import { createUsers, type NewUser, type User } from '../../lib/store/users.ts';

/** The password of every test user, and its hash at the lowest cost that is accepted. */
export const PASSWORD = 'correct horse battery';
export const PASSWORD_HASH = hashSync(PASSWORD, 10);

/** Adds a user with an address of its own. */
export function addUser(collections: Collections, user: Partial<NewUser> = {}): Promise<User> {
  return createUsers(collections).create({
    email: `user-${randomUUID()}@example.com`,
    name: 'Test User',
    companyId: 'company-1',
    roles: [],
    passwordHash: PASSWORD_HASH,
    ...user,
  });
}
