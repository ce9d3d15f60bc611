import { assertInteger } from '../assert.ts';
import { AuthError } from '../errors.ts';
import { type AuditPosition, parseCursor } from '../store/records/audit-cursor.ts';
import type { AuditFilter, AuditPage, AuditTrail } from '../store/records/audit-trail.ts';

export interface AuditEventsInput extends AuditFilter {
  /** The most events of one page, 1 to 200. Default 50. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the previous page. The filter must be the same as for that page. */
  readonly cursor?: string | undefined;
}

export const MOST_EVENTS = 200;
const USUAL_EVENTS = 50;

/** Reads a page of audit events, newest first. Rejects with AuthError `invalid_input` (cursor), `store_unavailable`. */
export async function auditEvents(
  { auditTrail }: { readonly auditTrail: AuditTrail },
  { limit = USUAL_EVENTS, cursor, ...filter }: AuditEventsInput,
): Promise<AuditPage> {
  assertInteger('limit', limit, 1, MOST_EVENTS);
  return auditTrail.page(filter, limit, cursor === undefined ? undefined : toPosition(cursor));
}

function toPosition(cursor: string): AuditPosition {
  const position = typeof cursor === 'string' ? parseCursor(cursor) : undefined;
  if (position !== undefined) return position;
  const detail = 'The cursor must come from an earlier page.';
  throw new AuthError('invalid_input', 'The cursor is malformed', {
    faults: [{ pointer: '/cursor', detail }],
  });
}
