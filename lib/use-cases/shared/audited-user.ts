import type { Users } from '../../store/accounts/users.ts';

/** The user that an audit event is about. Fields that could not be loaded are null. */
export interface AuditedUser {
  readonly id: string;
  readonly companyId: string | null;
  readonly email: string | null;
}

/** Loads a user for the audit trail. Never rejects, because a failed read must not make a completed action fail. */
export async function auditedUser(users: Pick<Users, 'find'>, id: string): Promise<AuditedUser> {
  const user = await users.find(id).catch(() => undefined);
  return user ?? { id, companyId: null, email: null };
}
