import { ObjectId } from 'mongodb';
import type { Caller } from '../caller.ts';
import type { Log } from '../log.ts';
import { SECOND, within } from '../time.ts';
import type { Collections } from './collections.ts';

export type AuditAction =
  | 'user_login'
  | 'login_failed'
  | 'user_logout'
  | 'all_tokens_revoked'
  | 'session_revoked'
  | 'refresh_token_retried'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'password_change_failed'
  | 'user_disabled'
  | 'user_enabled'
  | 'tokens_revoked_by_admin'
  | 'everyone_revoked'
  | 'token_revoked_by_client'
  | 'key_revoked'
  | 'client_created'
  | 'client_deleted';

export interface AuditEvent {
  readonly action: AuditAction;
  /** Whom it happened to; undefined where no such user exists. */
  readonly user: { readonly id: string; readonly companyId: string | null } | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Audit {
  /**
   * Writes the event. Never rejects and never waits long: what it reports has already happened, and
   * a fault of the audit trail must not make it look undone. A lost event is logged.
   */
  record(event: AuditEvent, caller: Caller): Promise<void>;
}

export interface AuditOptions {
  /** Told of each event that was lost. */
  readonly log: Log;
  /** The longest that an answer waits for its audit event, in milliseconds. Default 1,000. */
  readonly patience?: number;
}

const PATIENCE = SECOND;

/** Writes the `audit_events` collection. */
export function createAudit(
  { auditEvents }: Pick<Collections, 'auditEvents'>,
  { log, patience = PATIENCE }: AuditOptions,
): Audit {
  return {
    async record(event, caller) {
      const written = auditEvents.insertOne(toDocument(event, caller)).then(
        () => undefined,
        (error: unknown) => {
          const { action, user } = event;
          log.error(
            { err: error, action, user_id: user?.id, request_id: caller.requestId },
            'An audit event was lost',
          );
        },
      );
      await within(leftOf(caller, patience), written, late).catch(() => undefined);
    },
  };
}

const late = () => new Error('The audit event was not written in time');

/** At most half of what is left: the caller must still get the answer in time. */
function leftOf({ deadline = Number.POSITIVE_INFINITY }: Caller, patience: number): number {
  return Math.min(patience, Math.max(0, deadline - performance.now()) / 2);
}

function toDocument({ action, user, details }: AuditEvent, caller: Caller) {
  return {
    _id: new ObjectId(), // a client may make ids of its owner's kind for documents without one
    at: new Date(),
    action,
    user_id: user?.id ?? null,
    company_id: user?.companyId ?? null,
    actor_id: caller.principal?.user.id ?? caller.actor ?? user?.id ?? null,
    ip: caller.ip,
    user_agent: caller.userAgent ?? null,
    request_id: caller.requestId ?? null,
    details,
  };
}
