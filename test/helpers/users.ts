import { randomUUID } from 'node:crypto';
import type { Document } from 'mongodb';
import { createUsers, type NewUser } from '../../lib/store/accounts/users.ts';
import type { Collections } from '../../lib/store/mongo/collections.ts';
import type { User } from '../../lib/user.ts';

/** The password of every test user, and a hash of it at cost 10, the lowest that is accepted. */
export const PASSWORD = 'correct horse battery';
export const PASSWORD_HASH = '$2b$10$2p3k7roJq2yEfrVYjR2OMuicXBC9k5QuERK7epEBogRb1tZXCUVe2';

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

/** A document of `users` as rescind writes it, with these changes. */
export function userDocument(changes: Document = {}): Document {
  const now = new Date();
  return {
    _id: randomUUID(),
    email: `user-${randomUUID()}@example.com`,
    company_id: 'c',
    name: 'n',
    roles: [],
    password_hash: PASSWORD_HASH,
    password_changed_at: now,
    disabled_at: null,
    created_at: now,
    updated_at: now,
    ...changes,
  };
}
