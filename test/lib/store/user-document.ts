import { randomUUID } from 'node:crypto';
import type { Document } from 'mongodb';
import { PASSWORD_HASH } from '../../helpers/users.ts';

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
