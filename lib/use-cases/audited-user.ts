import type { Users } from '../store/users.ts';

/** Whom an audit event is about, as far as it could be found out. */
export interface AuditedUser {
  readonly id: string;
  readonly companyId: string | null;
  readonly email: string | null;
}

/** Loads a user for the audit trail alone: what has happened already does not fail because nobody was found. */
export async function auditedUser(users: Pick<Users, 'find'>, id: string): Promise<AuditedUser> {
  const user = await users.find(id).catch(() => undefined);
  return user ?? { id, companyId: null, email: null };
}
