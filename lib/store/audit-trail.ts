import type { Document, WithId } from 'mongodb';
import { type AuditPosition, cursorOf } from './audit-cursor.ts';
import type { AuditDocument, Collections } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';

/** Which events are asked for: those of which all of this is true. */
export interface AuditFilter {
  /** Whom it happened to. */
  readonly userId?: string | undefined;
  /** Who did it: the id of a user or a client, or the name of a command. */
  readonly actorId?: string | undefined;
  readonly action?: string | undefined;
  /** The earliest. */
  readonly from?: Date | undefined;
  /** All are before this. */
  readonly to?: Date | undefined;
}

/** An audit event as it is kept. */
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

/** Some events, the newest first, and the cursor for those after them; undefined where these were the last. */
export interface AuditPage {
  readonly events: readonly RecordedEvent[];
  readonly nextCursor: string | undefined;
}

export interface AuditTrail {
  /**
   * At most `limit` events, the newest first, from behind `after` on. Events that are written meanwhile
   * move none of the others to another page. StoreUnavailable.
   */
  page(filter: AuditFilter, limit: number, after?: AuditPosition): Promise<AuditPage>;
}

/** Reads the `audit_events` collection. */
export function createAuditTrail({ auditEvents }: Pick<Collections, 'auditEvents'>): AuditTrail {
  return {
    async page(filter, limit, after) {
      const found = await orUnavailable(
        auditEvents
          .find(toQuery(filter, after), { maxTimeMS: MAX_TIME })
          .sort({ at: -1, _id: -1 })
          .limit(limit + 1) // one more, to see whether there are any
          .toArray(),
      );
      const events = found.slice(0, limit);
      const last = found.length > limit ? events.at(-1) : undefined;
      const nextCursor = last && cursorOf({ at: last.at, id: last._id });
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
  if (after !== undefined) query.push(...isBehind(after));
  return query.length > 0 ? { $and: query } : {};
}

/** As one range of the index, from which only events of that very millisecond are taken out. */
function isBehind({ at, id }: AuditPosition): Document[] {
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
