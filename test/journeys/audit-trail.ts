import type { ExecutionContext } from 'ava';
import type { AuditDocument } from '../../lib/store/mongo/collections.ts';
import { MINUTE } from '../../lib/time.ts';
import { adminServer } from '../helpers/admin.ts';
import { sendAs } from '../helpers/server.ts';

export const NOON = Date.parse('2026-11-24T12:00:00.000Z');

/** Makes an event so many minutes after noon. */
export function document(minute: number, fields: Partial<AuditDocument> = {}): AuditDocument {
  return {
    at: new Date(NOON + minute * MINUTE),
    action: 'user_login',
    user_id: null,
    company_id: null,
    actor_id: null,
    ip: '192.0.2.1',
    user_agent: null,
    request_id: null,
    details: { minute },
    ...fields,
  };
}

/** Opens an audit trail that holds these events and no others, before an admin. */
export async function trail(t: ExecutionContext, documents: readonly AuditDocument[]) {
  const server = await adminServer(t);
  await server.collections.auditEvents.deleteMany({});
  if (documents.length > 0) await server.collections.auditEvents.insertMany([...documents]);
  const ask = (query: Record<string, string>) => {
    const path = `/api/admin/audit-events?${new URLSearchParams(query)}`;
    return sendAs(server.token, server.url + path);
  };
  return { ...server, ask };
}
