import type { Document, WithId } from 'mongodb';
import type { AuditDocument, Collections } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { type AuditPosition, toCursor } from './audit-cursor.ts';

/** A filter of audit events. An event must meet all conditions. */
export interface AuditFilter {
  /** The affected user. */
  readonly userId?: string | undefined;
  /** The actor: the id of a user or a client, or the name of a command. */
  readonly actorId?: string | undefined;
  readonly action?: string | undefined;
  /** The earliest time, inclusive. */
  readonly from?: Date | undefined;
  /** The latest time, exclusive. */
  readonly to?: Date | undefined;
}

export interface RecordedEvent {
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  readonly userId: string | null;
  readonly companyId: string | null;
  readonly actorId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A page of events, newest first, and the cursor of the next page. The cursor is undefined on the last page. */
export interface AuditPage {
  readonly events: readonly RecordedEvent[];
  readonly nextCursor: string | undefined;
}

export type AuditTrail = ReturnType<typeof createAuditTrail>;

export function createAuditTrail({ auditEvents }: Pick<Collections, 'auditEvents'>) {
  return {
    /** Returns at most `limit` events after the position `after`, newest first. New events do not shift later pages. */
    async page(filter: AuditFilter, limit: number, after?: AuditPosition): Promise<AuditPage> {
      const found = await orUnavailable(
        auditEvents
          .find(toQuery(filter, after), { maxTimeMS: MAX_TIME })
          .sort({ at: -1, _id: -1 })
          .limit(limit + 1) // one more, to detect a next page
          .toArray(),
      );
      const events = found.slice(0, limit);
      const last = found.length > limit ? events.at(-1) : undefined;
      const nextCursor = last && toCursor({ at: last.at, id: last._id });
      return { events: events.map(toEvent), nextCursor };
    },
  };
}

function toQuery({ userId, actorId, action, from, to }: AuditFilter, after?: AuditPosition) {
  const query: Document[] = [];
  if (userId !== undefined) query.push({ user_id: { $eq: userId } });
  if (actorId !== undefined) query.push({ actor_id: { $eq: actorId } });
  if (action !== undefined) query.push({ action: { $eq: action } });
  if (from !== undefined) query.push({ at: { $gte: from } });
  if (to !== undefined) query.push({ at: { $lt: to } });
  if (after !== undefined) query.push(...afterPosition(after));
  return query.length > 0 ? { $and: query } : {};
}

/** Returns the filter of the events that follow a position, from newer to older. The filter scans one index range. */
function afterPosition({ at, id }: AuditPosition): Document[] {
  return [{ at: { $lte: at } }, { $nor: [{ at, _id: { $gte: id } }] }];
}

function toEvent(document: WithId<AuditDocument>): RecordedEvent {
  return {
    id: document._id.toHexString(),
    at: document.at,
    action: document.action,
    userId: document.user_id ?? null,
    companyId: document.company_id ?? null,
    actorId: document.actor_id ?? null,
    ip: document.ip ?? null,
    userAgent: document.user_agent ?? null,
    requestId: document.request_id ?? null,
    details: document.details ?? {},
  };
}
