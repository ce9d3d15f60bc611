import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import { type AuditPosition, parseCursor } from '../store/audit-cursor.ts';
import type { AuditFilter, AuditPage, AuditTrail } from '../store/audit-trail.ts';

export interface AuditEventsInput extends AuditFilter {
  /** The most events of one page, 1 to 200. Default 50. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before; the filter has to be the same. */
  readonly cursor?: string | undefined;
}

export type AuditEvents = UseCase<AuditEventsInput, AuditPage>;

export const MOST_EVENTS = 200;
const USUAL_EVENTS = 50;

/**
 * A page of the audit trail, the newest events first. AuthError `invalid_input` for a cursor that is none
 * of ours, `store_unavailable`.
 */
export function createAuditEvents({ auditTrail }: { auditTrail: AuditTrail }): AuditEvents {
  return async function auditEvents({ limit = USUAL_EVENTS, cursor, ...filter }) {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST_EVENTS)) {
      throw new TypeError(`"limit" must be a whole number from 1 to ${MOST_EVENTS}`);
    }
    return auditTrail.page(filter, limit, cursor === undefined ? undefined : positionOf(cursor));
  };
}

function positionOf(cursor: string): AuditPosition {
  const position = typeof cursor === 'string' ? parseCursor(cursor) : undefined;
  if (position !== undefined) return position;
  const detail = 'cursor must be the next_cursor of an answer before.';
  throw new AuthError('invalid_input', 'The cursor is none of ours', {
    faults: [{ pointer: '/cursor', detail }],
  });
}
